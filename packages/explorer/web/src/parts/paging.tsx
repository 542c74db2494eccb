import { go } from '../router.js';
import { whole } from '../words.js';

export const PAGE = 50;

/** Steps through a long list; the step stands in the address. */
export function Paging({ path, query, total }: { path: string; query: URLSearchParams; total: number }) {
  const offset = offsetOf(query);
  const step = (to: number) => {
    const next = new URLSearchParams(query);
    if (to > 0) next.set('offset', String(to));
    else next.delete('offset');
    go(next.size > 0 ? `${path}?${next}` : path);
  };
  if (total <= PAGE) return null;
  return (
    <div class="row paging">
      <button type="button" class="button" disabled={offset === 0} onClick={() => step(Math.max(0, offset - PAGE))}>
        Before
      </button>
      <span class="soft small number">
        {whole(offset + 1)} to {whole(Math.min(total, offset + PAGE))} of {whole(total)}
      </span>
      <button type="button" class="button" disabled={offset + PAGE >= total} onClick={() => step(offset + PAGE)}>
        After
      </button>
    </div>
  );
}

export function offsetOf(query: URLSearchParams): number {
  const offset = Number(query.get('offset') ?? 0);
  return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

/** A filter whose words stand in the address. */
export function Filter({ path, query, label }: { path: string; query: URLSearchParams; label: string }) {
  const change = (words: string) => go(words === '' ? path : `${path}?${new URLSearchParams({ q: words })}`, true);
  return (
    <input
      class="field fit"
      type="search"
      placeholder="Filter"
      aria-label={label}
      value={query.get('q') ?? ''}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}
