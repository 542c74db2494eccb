import { useEffect, useRef, useState } from 'preact/hooks';
import { eventsPath, type Operation } from '../../src/api/paths.js';
import type { ReplyOf } from '../../src/api/routes.js';
import { addressOf, explorerClient, type InputOf, RefusedRequest } from '../../src/client/client.js';

export type { Operation, ReplyOf };

const client = explorerClient();
/** Last answers by their question, so that going back shows at once what was there. */
const kept = new Map<string, unknown>();
const MOST_KEPT = 200;

/** What came of a question so far. While a newer answer is awaited the last one stands. */
export interface Answer<T> {
  readonly value: T | null;
  readonly refusal: {
    readonly error: string;
    readonly got: string;
    readonly expected: string;
    readonly hint: string;
    readonly status: number;
  } | null;
  readonly isWaiting: boolean;
}

/**
 * The answer to a question; asked again when its input changes, or `again` does.
 * @param input null: not asked yet
 */
export function useAnswer<N extends Operation>(
  name: N,
  input: InputOf<N> | null,
  again: unknown = 0,
): Answer<ReplyOf<N>> {
  const key = input === null ? null : addressOf(name, input as Readonly<Record<string, unknown>>);
  const [, redraw] = useState(0);
  const state = useRef<{ key: string | null; answer: Answer<ReplyOf<N>> }>({
    key: null,
    answer: waiting<ReplyOf<N>>(null),
  });
  if (state.current.key !== key) {
    state.current = { key, answer: waiting(key === null ? null : ((kept.get(key) as ReplyOf<N> | undefined) ?? null)) };
  }
  // The key says all of name and input; `again` asks anew.
  useEffect(() => {
    if (key === null || input === null) return;
    const stop = new AbortController();
    const settle = (answer: Answer<ReplyOf<N>>) => {
      if (stop.signal.aborted) return;
      state.current = { key, answer };
      redraw((count) => count + 1);
    };
    (client[name] as (input: InputOf<N>, signal: AbortSignal) => Promise<ReplyOf<N>>)(input, stop.signal).then(
      (value) => {
        keep(key, value);
        settle({ value, refusal: null, isWaiting: false });
      },
      (cause: unknown) => settle({ value: null, refusal: refusalOf(cause), isWaiting: false }),
    );
    return () => stop.abort();
  }, [key, again]);
  return state.current.answer;
}

/** A question asked once, outside of drawing. */
export async function askOnce<N extends Operation>(name: N, input: InputOf<N>): Promise<ReplyOf<N> | null> {
  return await (client[name] as (input: InputOf<N>) => Promise<ReplyOf<N>>)(input).catch(() => null);
}

function waiting<T>(value: T | null): Answer<T> {
  return { value, refusal: null, isWaiting: true };
}

function keep(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
}

function refusalOf(cause: unknown): NonNullable<Answer<never>['refusal']> {
  if (cause instanceof RefusedRequest) return { ...cause.problem, status: cause.status };
  return {
    error: 'server',
    got: 'no answer',
    expected: 'agentmmrec serve to run',
    hint: 'is its terminal still open?',
    status: 0,
  };
}

/** What the server tells by itself. */
export interface ServerNews {
  readonly runs: ReplyOf<'listRuns'>['runs'] | null;
  readonly jobs: ReplyOf<'listJobs'>['jobs'] | null;
  readonly isConnected: boolean;
}

let news: ServerNews = { runs: null, jobs: null, isConnected: false };
const hearers = new Set<() => void>();
let source: EventSource | null = null;

function hear(change: Partial<ServerNews>): void {
  news = { ...news, ...change };
  for (const tell of hearers) tell();
}

function listen(): void {
  source = new EventSource(eventsPath);
  source.addEventListener('open', () => hear({ isConnected: true }));
  source.addEventListener('error', () => hear({ isConnected: false }));
  for (const name of ['runs', 'jobs'] as const) {
    source.addEventListener(name, (event) =>
      hear(JSON.parse((event as MessageEvent<string>).data) as Partial<ServerNews>),
    );
  }
}

/** Runs and jobs as they are now. One connection serves all who use it, and ends with the last of them. */
export function useServerNews(): ServerNews {
  const [, redraw] = useState(0);
  useEffect(() => {
    const tell = () => redraw((count) => count + 1);
    hearers.add(tell);
    if (source === null) listen();
    return () => {
      hearers.delete(tell);
      if (hearers.size > 0) return;
      source?.close();
      source = null;
      news = { ...news, isConnected: false };
    };
  }, []);
  return news;
}
