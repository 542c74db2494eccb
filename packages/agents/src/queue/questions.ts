import { createHash } from 'node:crypto';
import { AmrError, digest } from '@agentmmrec/core';
import { LlmError, type LlmFault } from '@agentmmrec/llm';
import type { Answer, Augmenter, Call, CallSpending, Reasoner } from '../reasoning/reasoner.js';

/** The questions that can be put to a reasoner from afar: its methods, with their arguments. */
const ofReasoner = ['preference', 'property', 'refine', 'rerank', 'updatePreference'] as const;
const ofAugmenter = ['profile', 'attributes', 'edges'] as const;
export type ReasonerMethod = (typeof ofReasoner)[number] | (typeof ofAugmenter)[number];

/** Who has the method: the reasoner itself, or its augmenter; undefined where it has none. */
export function ownerOf(reasoner: Reasoner, method: ReasonerMethod): Reasoner | Augmenter | undefined {
  return (ofAugmenter as readonly string[]).includes(method) ? reasoner.augmenter : reasoner;
}

/** A question on its way: plain JSON. Pictures are named by `picture:<sha-256>` and travel through the store. */
export interface QueuedQuestion {
  readonly method: ReasonerMethod | 'describe';
  /** digest of the reasoner, or of the augmenter, that shall answer; empty for `describe` */
  readonly reasoner: string;
  readonly input: readonly unknown[];
  readonly seed: number;
}

/** What a worker says of its reasoner. */
export type ReasonerDescription = Pick<Reasoner, 'name' | 'digest' | 'seesImages'> & {
  /** of its augmenter; null where it has none */
  readonly augmenterDigest: string | null;
};

/** An answer on its way back: a value, or the facts of a failure. A failed call is a finished job: asking again is the caller's to say. */
export type QueuedAnswer =
  | { readonly ok: true; readonly answer: Answer<unknown> | ReasonerDescription }
  | { readonly ok: false; readonly failure: QueuedFailure };

interface QueuedFailure {
  readonly fault: LlmFault | null;
  readonly what: string;
  readonly got: string;
  readonly expected: string;
  readonly hint: string;
  readonly kind: AmrError['kind'];
}

/** Equal questions are one job, whoever asks and however often. */
export function jobIdOf(question: QueuedQuestion): string {
  return digest(question).slice(0, 40);
}

export function failureOf(thrown: unknown): QueuedFailure {
  if (!(thrown instanceof AmrError)) throw thrown;
  const { what, got, expected, hint, kind } = thrown;
  return { fault: thrown instanceof LlmError ? thrown.fault : null, what, got, expected, hint, kind };
}

export function errorOf({ fault, ...facts }: QueuedFailure): AmrError {
  return fault === null ? new AmrError(facts) : new LlmError({ fault, ...facts });
}

/** Names of what is kept beside the jobs. */
export function keysOf(queue: string) {
  return {
    picture: (hash: string) => `${queue}:picture:${hash}`,
    spent: `${queue}:spent`,
    trouble: `${queue}:trouble`,
  };
}

export const PICTURE = 'picture:';

/** Every path of a picture in a question, replaced by what `place` makes of it. */
export async function withPictures(value: unknown, place: (path: string) => Promise<string>): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((one) => withPictures(one, place)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([name, one]) => [
    name,
    name === 'imagePath' && typeof one === 'string' ? await place(one) : await withPictures(one, place),
  ]);
  return Object.fromEntries((await Promise.all(entries)) as [string, unknown][]);
}

/** Hashes of the pictures that a question shows, each once. */
export function picturesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, one]) => {
    const isPicture = name === 'imagePath' && typeof one === 'string' && one.startsWith(PICTURE);
    return isPicture ? [one.slice(PICTURE.length)] : picturesIn(one);
  });
  return [...new Set(inside)];
}

export function pictureHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a worker's calls used since it told last. */
export function usedSince(now: CallSpending, before: CallSpending): CallSpending {
  return {
    requests: now.requests - before.requests,
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
    money: now.money === null ? null : now.money - (before.money ?? 0),
  };
}

export const NOTHING_SPENT: CallSpending = { requests: 0, inputTokens: 0, outputTokens: 0, money: 0 };

/** The signal of a call stays with the caller. */
export function seedOf(call: Call): number {
  return call.seed;
}
