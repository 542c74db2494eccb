import { textOf } from './spokenText.js';

const EVENT = /^data:\s?(.*)$/;
const END = '[DONE]';

/** Whether a reply came as a stream of events, asked for or not: gateways stream whatever they are told. */
export function isEventStream(text: string): boolean {
  return /^\s*(?::[^\n]*\n\s*|(?:event|id|retry):[^\n]*\n\s*)*data:/.test(text.slice(0, 10_000));
}

/** The data of its events, in order, without the mark of its end. */
export function eventsOf(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const data = EVENT.exec(line)?.[1].trim() ?? '';
    return data === '' || data === END ? [] : [data];
  });
}

interface Delta {
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
}

interface Chunk {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly choices?: readonly { readonly delta?: Delta; readonly message?: Delta; readonly finish_reason?: unknown }[];
  readonly usage?: unknown;
  readonly system_fingerprint?: unknown;
}

/** The completion that the events of a stream add up to; `ended` is false where its end is missing. */
export function completionOf(events: readonly unknown[]): { readonly completion: unknown; readonly ended: boolean } {
  const texts = { content: '', reasoning_content: '', refusal: '' };
  let [called, finish, usage, fingerprint]: [string, unknown, unknown, unknown] = ['', null, null, null];
  for (const chunk of events as Chunk[]) {
    // Some tell an error as an event of its own, without the word.
    const isError = chunk?.error || (chunk?.choices === undefined && typeof chunk?.message === 'string');
    if (isError) return { completion: chunk, ended: true };
    usage = chunk?.usage ?? usage;
    fingerprint = chunk?.system_fingerprint ?? fingerprint;
    const [choice] = chunk?.choices ?? [];
    if (!choice) continue;
    const delta = choice.delta ?? choice.message ?? {};
    texts.content += textOf(delta.content);
    texts.reasoning_content += textOf(delta.reasoning_content ?? delta.reasoning);
    texts.refusal += textOf(delta.refusal);
    for (const one of Array.isArray(delta.tool_calls) ? delta.tool_calls : [])
      called += textOf(one?.function?.arguments);
    finish = choice.finish_reason ?? finish;
  }
  const message = { ...texts, ...(called !== '' && { tool_calls: [{ function: { arguments: called } }] }) };
  const completion = { choices: [{ message, finish_reason: finish }], usage, system_fingerprint: fingerprint };
  return { completion, ended: finish !== null };
}
