import { decimal, partWords } from '../words.js';

/** Parts of a score as bars from a common zero. */
export function ScoreParts({ parts }: { parts: readonly { readonly name: string; readonly value: number }[] }) {
  const low = Math.min(0, ...parts.map(({ value }) => value));
  const high = Math.max(0, ...parts.map(({ value }) => value));
  const percent = (value: number) => `${(100 * value) / (high - low || 1)}%`;
  return (
    <dl class="parts">
      {parts.map(({ name, value }) => (
        <>
          <dt>{partWords[name] ?? name}</dt>
          <dd>{decimal(value, 3)}</dd>
          <span class="bar" aria-hidden="true">
            <span
              class={value < 0 ? 'below' : ''}
              style={{ marginLeft: percent(Math.min(0, value) - low), width: percent(Math.abs(value)) }}
            />
          </span>
        </>
      ))}
    </dl>
  );
}
