import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { picturePath } from '../../../src/api/paths.js';
import { type Answer, type ReplyOf, useServerNews } from '../answers.js';
import { itemAddress } from '../router.js';
import { duration, whole } from '../words.js';

type Job = ReplyOf<'listJobs'>['jobs'][number];

export type Item = ReplyOf<'getItem'>['item'];

/** A titled box. */
export function Card(props: { title?: string; end?: ComponentChildren; flush?: boolean; children: ComponentChildren }) {
  const { title, end, flush, children } = props;
  return (
    <section class={flush ? 'card flush' : 'card'}>
      {title && (
        <header>
          <h2>{title}</h2>
          {end && <div class="end">{end}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** Names and values side by side. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One of several, as buttons side by side. */
export function Segments<T extends string>(props: {
  label: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: NoInfer<T>) => void;
}) {
  const { label, options, value, onChange } = props;
  return (
    <fieldset class="segments" aria-label={label}>
      {options.map(([option, name]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** How far something is, 0 to 1. Widths are set by the script, which the content security policy allows. */
export function Bar({ share, label }: { share: number; label?: string }) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span class="bar" role="img" aria-label={label ?? `${Math.round(100 * share)} %`}>
      <span style={{ width }} />
    </span>
  );
}

/** Where a value is awaited: as much room as it may take, and what the server has to make for it first. */
function Awaited() {
  const made = (useServerNews().jobs ?? []).filter(({ kind }) => kind === 'serving');
  if (made.length > 0) return <Making jobs={made} />;
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      <span />
      <span />
      <span />
    </div>
  );
}

function Making({ jobs }: { jobs: readonly Job[] }) {
  return (
    <div role="status">
      {jobs.map(({ id, label, done, total, secondsLeft }) => (
        <div key={id} class="more">
          <div class="row small">
            <span>{capital(label)}</span>
            <span class="soft number">
              {total === null ? 'once' : `${whole(done)} of ${whole(total)}`}
              {secondsLeft !== null && secondsLeft >= 1 && `, ${duration(secondsLeft)} left`}
            </span>
          </div>
          <Bar share={total === null ? 0 : done / total} label={label} />
        </div>
      ))}
    </div>
  );
}

/** What came of a question: the value drawn, a refusal in words, or that it is awaited. */
export function Shown<T>({ answer, children }: { answer: Answer<T>; children: (value: T) => ComponentChildren }) {
  const { value, refusal } = answer;
  if (refusal) return <Refused refusal={refusal} />;
  if (value === null) return <Awaited />;
  return <>{children(value)}</>;
}

export function Refused({ refusal }: { refusal: NonNullable<Answer<never>['refusal']> }) {
  const { error, got, expected, hint, status } = refusal;
  return (
    <div class={status === 404 ? 'note' : 'note bad'} role="status">
      <p>
        <strong>
          {capital(error)}: {got}.
        </strong>{' '}
        Expected {expected}.
      </p>
      <p class="small">{sentence(hint)}</p>
    </div>
  );
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? capital(text) : `${capital(text)}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A command to copy. */
export function Command({ command }: { command: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(command).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <div class="command">
      <code>{command}</code>
      <button type="button" class="button plain" onClick={copy}>
        {isCopied ? 'copied' : 'copy'}
      </button>
    </div>
  );
}

/** The picture of an item, or that there is none. */
export function Picture({
  id,
  title,
  hasPicture,
  large,
}: {
  id: string;
  title: string;
  hasPicture: boolean;
  large?: boolean;
}) {
  const [isBroken, setBroken] = useState(false);
  const kind = large ? 'thumb large' : 'thumb';
  if (!hasPicture || isBroken)
    return (
      <span class={`${kind} none`} aria-hidden="true">
        –
      </span>
    );
  return <img class={kind} src={picturePath(id)} alt={title} loading="lazy" onError={() => setBroken(true)} />;
}

/** An item as a picture with its title. */
export function Tile({
  item,
  below,
  isDropped,
}: {
  item: Pick<Item, 'id' | 'title' | 'hasPicture'>;
  below?: ComponentChildren;
  isDropped?: boolean;
}) {
  return (
    <a class={isDropped ? 'tile dropped' : 'tile'} href={itemAddress(item.id)} title={item.title || item.id}>
      <Picture {...item} />
      <span class="name">{item.title || item.id}</span>
      <span class="sub">{below ?? item.id}</span>
    </a>
  );
}

const tones: Readonly<Record<string, string>> = {
  training: 'badge live',
  building: 'badge live',
  finished: 'badge good',
  complete: 'badge good',
  failed: 'badge bad',
};

/** A state in a word. */
export function Badge({ state }: { state: string }) {
  return <span class={tones[state] ?? 'badge'}>{state}</span>;
}
