import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Where the reader is. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** Goes to an address of these pages. @param replace without a step to go back to */
export function go(address: string, replace = false): void {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  for (const tell of listeners) tell();
}

/** The place, which changes as the reader moves. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const tell = () => setPlace(here());
    listeners.add(tell);
    addEventListener('popstate', tell);
    return () => {
      listeners.delete(tell);
      removeEventListener('popstate', tell);
    };
  }, []);
  return place;
}

/** Follows links of these pages without loading anew; those to reports, files and other windows are the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest?.('a');
  const address = link?.getAttribute('href');
  if (!link || !address?.startsWith('/') || link.getAttribute('target') || /^\/(api|reports\/)/.test(address)) return;
  event.preventDefault();
  go(address);
  scrollTo(0, 0);
}

export const runAddress = (id: string) => `/runs/${encodeURIComponent(id)}`;
export const userAddress = (id: string) => `/users/${encodeURIComponent(id)}`;
export const itemAddress = (id: string) => `/items/${encodeURIComponent(id)}`;
export const graphAddress = (kind: 'user' | 'item', id: string) => `/graphs?${new URLSearchParams({ kind, id })}`;

/** A title for the window and the heading of a page. */
export function Heading({
  title,
  children,
  end,
}: {
  title: string;
  children?: ComponentChildren;
  end?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} · AgentMMRec`;
  }, [title]);
  return (
    <div class="head">
      <div class="fill">
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {end}
    </div>
  );
}
