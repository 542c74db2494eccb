import { type Operation, paths } from '../api/paths.js';
import type { ParamsOf, QueryOf, ReplyOf } from '../api/routes.js';

/** The refusal of a server, as it sends it. */
export interface Problem {
  readonly error: string;
  readonly got: string;
  readonly expected: string;
  readonly hint: string;
}

/** A question that was refused. */
export class RefusedRequest extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(`${problem.error}: got ${problem.got}, expected ${problem.expected}. HINT: ${problem.hint}`);
    this.name = 'RefusedRequest';
  }
}

/** What goes into a question: ids of its path and its query, in which everything with a default may be absent. */
export type InputOf<N extends Operation> = ParamsOf<N> & Partial<QueryOf<N>>;

/** Where the server is, and how it is reached. */
export interface ClientSettings {
  /** `http://127.0.0.1:4100`; default: where the page came from */
  readonly address?: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** Every question as a function of what goes into it. */
export type ExplorerClient = {
  readonly [N in Operation]: (input: InputOf<N>, signal?: AbortSignal) => Promise<ReplyOf<N>>;
};

/**
 * A client of the server. Types come from the same schemas that the server checks by.
 * @throws RefusedRequest what the server refused; TypeError: nobody answers
 */
export function explorerClient({ address = '', token }: ClientSettings = {}): ExplorerClient {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const ask = async (name: Operation, input: Readonly<Record<string, unknown>>, signal?: AbortSignal) => {
    const reply = await fetch(`${address}${addressOf(name, input)}`, { headers, ...(signal && { signal }) });
    const body: unknown = await reply.json();
    if (!reply.ok) throw new RefusedRequest(reply.status, body as Problem);
    return body;
  };
  const entries = (Object.keys(paths) as Operation[]).map((name) => [
    name,
    (input: Readonly<Record<string, unknown>>, signal?: AbortSignal) => ask(name, input, signal),
  ]);
  return Object.fromEntries(entries) as ExplorerClient;
}

/** Path and query of a question. */
export function addressOf(name: Operation, input: Readonly<Record<string, unknown>>): string {
  const used = new Set<string>();
  const path = paths[name].replace(/:(\w+)/g, (_, key: string) => {
    used.add(key);
    return encodeURIComponent(String(input[key]));
  });
  const query = Object.entries(input).filter(([key, value]) => !used.has(key) && value !== undefined && value !== null);
  const search = new URLSearchParams(query.map(([key, value]): [string, string] => [key, String(value)])).toString();
  return search === '' ? path : `${path}?${search}`;
}
