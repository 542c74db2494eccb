import { useEffect, useState } from 'preact/hooks';
import { type Operation, type ReplyOf, useAnswer } from '../answers.js';
import { userAddress } from '../router.js';
import { count, decimal, duration, moment, termsOf } from '../words.js';
import { Bar, Card, Refused, Tile } from './parts.js';

type Kind = 'user' | 'item';
type Knowledge = ReplyOf<'userKnowledge'>;
type Difference = ReplyOf<'userDifference'>;

const partNames = { text: 'From texts', visual: 'From pictures', crossModal: 'From both together' } as const;
const partKeys = ['text', 'visual', 'crossModal'] as const;

/** What a memory knows of a user or an item: its three parts, where they came from, and how they changed. */
export function KnowledgeSection({ kind, id, memory }: { kind: Kind; id: string; memory?: string | undefined }) {
  const [version, setVersion] = useState<number | null>(null);
  const [compared, setCompared] = useState<number | null>(null);
  // Another entity or memory begins anew.
  useEffect(() => {
    setVersion(null);
    setCompared(null);
  }, [kind, id, memory]);
  const asked: Operation = kind === 'user' ? 'userKnowledge' : 'itemKnowledge';
  const answer = useAnswer(asked, { [kind]: id, memory, version: version ?? undefined } as never) as ReturnType<
    typeof useAnswer<'userKnowledge'>
  >;
  const title = kind === 'user' ? 'Preferences' : 'Properties';
  if (answer.refusal) {
    return (
      <Card title={title}>
        <Refused refusal={answer.refusal} />
      </Card>
    );
  }
  const knowledge = answer.value;
  if (knowledge === null) return <Card title={title}>…</Card>;
  return (
    <Card
      title={title}
      end={
        <span class="soft small">{`by ${knowledge.evidence.reasoner}, version ${knowledge.version}, ${moment(knowledge.createdAtMs)}`}</span>
      }
    >
      {compared === null ? (
        <Parts knowledge={knowledge} />
      ) : (
        <DifferenceParts kind={kind} id={id} memory={memory} from={compared} to={knowledge.version} />
      )}
      <Sources knowledge={knowledge} kind={kind} />
      {knowledge.versions.length > 1 && (
        <Versions knowledge={knowledge} compared={compared} onVersion={setVersion} onCompare={setCompared} />
      )}
    </Card>
  );
}

function Parts({ knowledge }: { knowledge: Knowledge }) {
  return (
    <div class="columns three">
      {partKeys.map((key) => (
        <section key={key}>
          <h3>{partNames[key]}</h3>
          <PartText text={knowledge.parts[key]} />
        </section>
      ))}
    </div>
  );
}

const SHOWN_TERMS = 8;

function PartText({ text }: { text: string | null }) {
  const [isOpen, setOpen] = useState(false);
  if (text === null) return <p class="soft small more">None: the data set lacks such content, or it says nothing.</p>;
  if (text === '') return <p class="soft small more">Nothing could be said.</p>;
  const terms = termsOf(text);
  if (terms === null) return <p class="prose more">{text}</p>;
  const shown = isOpen ? terms : terms.slice(0, SHOWN_TERMS);
  return (
    <>
      <ul class="terms more">
        {shown.map(({ term, strength }) => (
          <li key={term}>
            <span>{term}</span>
            <Bar share={strength} label={`strength ${Math.round(7 * strength)} of 7`} />
          </li>
        ))}
      </ul>
      {terms.length > SHOWN_TERMS && (
        <button type="button" class="button plain small" onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'fewer' : `${terms.length - SHOWN_TERMS} more`}
        </button>
      )}
    </>
  );
}

function Sources({ knowledge, kind }: { knowledge: Knowledge; kind: Kind }) {
  const { evidence } = knowledge;
  const facts = [
    `${count(evidence.interactions, 'training interaction')} shown`,
    evidence.inputTokens + evidence.outputTokens > 0 && `${evidence.inputTokens} + ${evidence.outputTokens} tokens`,
    evidence.elapsedMs > 0 && duration(evidence.elapsedMs / 1000),
    evidence.groundedShare !== null &&
      `${decimal(100 * evidence.groundedShare, 0)} % of its names and numbers stand in what was shown`,
    evidence.attempt > 1 && `attempt ${evidence.attempt}`,
  ].filter(Boolean);
  return (
    <details class="more">
      <summary class="soft">Evidence: {facts.join(', ')}</summary>
      <div class="stack more">
        {evidence.weaknesses.map((weakness) => (
          <p key={weakness} class="small loss">
            weak: {weakness}
          </p>
        ))}
        {evidence.repairs.map((repair) => (
          <p key={repair} class="small soft">
            repaired: {repair}
          </p>
        ))}
        <p class="small soft">
          {evidence.tasks.join(', ')} · {evidence.templates.join(', ')}
        </p>
        {evidence.items.length > 0 && (
          <ul class="tiles strip">
            {evidence.items.map((item) => (
              <li key={item.id}>
                <Tile item={item} />
              </li>
            ))}
          </ul>
        )}
        {kind === 'item' && evidence.users.length > 0 && (
          <p class="small">
            {evidence.users.map((user) => (
              <>
                <a href={userAddress(user)}>{user}</a>{' '}
              </>
            ))}
          </p>
        )}
      </div>
    </details>
  );
}

function Versions(props: {
  knowledge: Knowledge;
  compared: number | null;
  onVersion(version: number): void;
  onCompare(version: number | null): void;
}) {
  const { knowledge, compared, onVersion, onCompare } = props;
  const { versions, version } = knowledge;
  const others = versions.filter((one) => one.version !== version);
  return (
    <div class="more stack">
      <div class="row">
        <h3>Versions</h3>
        <label class="row small soft">
          word by word against
          <select
            class="field"
            value={String(compared ?? '')}
            onChange={(event) => onCompare(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))}
          >
            <option value="">nothing</option>
            {others.map((one) => (
              <option key={one.version} value={String(one.version)}>
                version {one.version}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ol class="timeline">
        {versions.map((one) => (
          <li key={one.version}>
            <button type="button" aria-pressed={one.version === version} onClick={() => onVersion(one.version)}>
              <span class="number">{one.version}</span>
              <span class="small">{moment(one.createdAtMs)}</span>
              <span class="soft small">
                {[
                  one.current && 'current',
                  ...one.decisions
                    .filter(({ cause }) => cause !== 'version')
                    .map(({ cause, reason }) => (reason ? `${cause}: ${reason}` : cause)),
                ]
                  .filter(Boolean)
                  .join(', ')}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function DifferenceParts(props: { kind: Kind; id: string; memory?: string | undefined; from: number; to: number }) {
  const { kind, id, memory, from, to } = props;
  const asked: Operation = kind === 'user' ? 'userDifference' : 'itemDifference';
  const answer = useAnswer(asked, { [kind]: id, memory, from, to } as never) as ReturnType<
    typeof useAnswer<'userDifference'>
  >;
  if (answer.refusal) return <Refused refusal={answer.refusal} />;
  if (answer.value === null) return <p class="soft">…</p>;
  const difference = answer.value;
  return (
    <div class="columns three">
      {partKeys.map((key) => (
        <section key={key}>
          <h3>{partNames[key]}</h3>
          <Pieces pieces={difference[key]} />
        </section>
      ))}
    </div>
  );
}

function Pieces({ pieces }: { pieces: Difference['text'] }) {
  if (pieces === null) return <p class="soft small more">Neither version has it.</p>;
  if (pieces.every(({ change }) => change === 'same')) return <p class="soft small more">The same in both.</p>;
  return (
    <p class="diff more">
      {pieces.map(({ change, text }, at) => {
        const key = `${at} ${change}`;
        const words = withoutMarks(text);
        if (words === '') return null;
        if (change === 'same') return <span key={key}>{words} </span>;
        return change === 'added' ? <ins key={key}>{words}</ins> : <del key={key}>{words}</del>;
      })}
    </p>
  );
}

/** Words without the marks of weighted terms; a word that stands several times in a row once, with how often. */
function withoutMarks(text: string): string {
  const words = text.split(/\s+/).filter((word) => word !== '' && !/^[●○]+;?$/.test(word));
  const told: { word: string; times: number }[] = [];
  for (const word of words) {
    const last = told.at(-1);
    if (last?.word === word) last.times++;
    else told.push({ word, times: 1 });
  }
  return told.map(({ word, times }) => (times > 1 ? `${word} ×${times}` : word)).join(' ');
}
