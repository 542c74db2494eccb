import { useState } from 'preact/hooks';
import type { ReplyOf } from '../answers.js';
import { ScoreParts } from '../charts/scoreParts.js';
import { itemAddress } from '../router.js';
import { decimal } from '../words.js';
import { Picture, Segments } from './parts.js';

type Recommendations = ReplyOf<'recommend'>;
type Place = Recommendations['items'][number];

/** A list before and after reranking; each place opens to what speaks for it. */
export function RecommendationList({ after, before }: { after: Recommendations; before: Recommendations | null }) {
  const [order, setOrder] = useState<'after' | 'before'>('after');
  const isReranked = after.reranked && before !== null;
  const shown = order === 'before' && before ? before : after;
  return (
    <>
      <div class="row">
        {isReranked && (
          <Segments<'after' | 'before'>
            label="Order of the list"
            options={[
              ['after', 'Reranked by knowledge'],
              ['before', 'As the model ranks'],
            ]}
            value={order}
            onChange={setOrder}
          />
        )}
        {!isReranked && (
          <span class="soft small">In the order of the model{after.remark ? `: ${after.remark}` : ''}</span>
        )}
      </div>
      <ol class="list more">
        {shown.items.map((place) => (
          <PlaceRow key={place.item.id} place={place} isReranked={isReranked && order === 'after'} />
        ))}
      </ol>
    </>
  );
}

function PlaceRow({ place, isReranked }: { place: Place; isReranked: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const { rank, rankBefore, item, score, reasons } = place;
  const rose = rankBefore - rank;
  return (
    <li>
      <div class="place">
        <span class="rank">{rank}</span>
        <Picture {...item} />
        <span class="name">
          <a href={itemAddress(item.id)}>{item.title || item.id}</a>
          <span class="sub">{[item.id, item.brand].filter(Boolean).join(' · ')}</span>
        </span>
        <span
          class={`moved ${rose > 0 ? 'gain' : rose < 0 ? 'loss' : 'soft'}`}
          title={isReranked ? `place ${rankBefore} before reranking` : undefined}
        >
          {isReranked ? (rose === 0 ? '=' : rose > 0 ? `↑ ${rose}` : `↓ ${-rose}`) : ''}
        </span>
        <span class="row">
          <span class="number soft small">{decimal(score, 3)}</span>
          <button type="button" class="button plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            why<span class="hidden"> {item.title || item.id}</span>
          </button>
        </span>
      </div>
      {isOpen && reasons && <Why reasons={reasons} />}
    </li>
  );
}

/** What speaks for an item. */
export function Why({ reasons }: { reasons: NonNullable<Place['reasons']> }) {
  const { parts, sharedTerms, boughtWith } = reasons;
  const terms = sharedTerms
    ? [
        ...new Set(
          [...sharedTerms.text, ...sharedTerms.visual, ...sharedTerms.crossModal]
            .toSorted((a, b) => b.strength - a.strength)
            .map(({ term }) => term),
        ),
      ]
    : [];
  return (
    <div class="why">
      {parts && (
        <section>
          <h4>Where the score came from</h4>
          <ScoreParts parts={parts} />
        </section>
      )}
      <section>
        <h4>Liked by the user, true of the item</h4>
        {terms.length > 0 ? (
          <ul class="chips">
            {terms.slice(0, 12).map((term) => (
              <li key={term} class="tag">
                {term}
              </li>
            ))}
          </ul>
        ) : (
          <p class="soft">{sharedTerms ? 'No words in common.' : 'This run has no knowledge of them.'}</p>
        )}
      </section>
      <section>
        <h4>Bought by the same people</h4>
        {boughtWith.length === 0 && <p class="soft">No item of the user shares a buyer with it.</p>}
        {boughtWith.map(({ item, buyers }) => (
          <p key={item.id}>
            <a href={itemAddress(item.id)}>{item.title || item.id}</a> <span class="soft">{buyers} in common</span>
          </p>
        ))}
      </section>
    </div>
  );
}
