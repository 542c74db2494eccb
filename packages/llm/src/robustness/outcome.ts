import { readAnswer, readLenient } from '../answers/answer.js';
import type { GenerateRequest, GenerateResult, ModelIdentity, Usage, WireRequest } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';

/** A place on the ladder of attempts (after malformed answers) and image levels (after crashes), and its request. */
export interface Step {
  readonly attempt: number;
  readonly level: number;
  readonly imagesShown: number;
  readonly remarks: readonly string[];
  readonly wire: WireRequest;
  readonly key: string;
}

/** What a model said at a step. `problem` is null when it has the asked form. */
export interface Said {
  readonly text: string;
  readonly problem: string | null;
  /** true when it was said in an earlier run or to another caller, and nothing was sent */
  readonly replayed: boolean;
  readonly usage: Usage;
  readonly elapsedMs: number;
}

/** A step and what came of it. */
export interface Told {
  readonly step: Step;
  readonly said: Said;
}

/** The last answer, which has the asked form. */
export function acceptedResult<T>(
  request: GenerateRequest<T>,
  all: readonly Told[],
  identity: ModelIdentity,
  requests: number,
): GenerateResult<T> {
  const last = all[all.length - 1];
  const read = readAnswer(last.said.text, 'stop', request.schema);
  if (!read.ok) throw malformed(request, { text: last.said.text, problem: read.problem });
  return result(read.object, all, last, identity, requests, []);
}

/** The newest of the malformed answers that the lenient schema takes, for a caller with a rule to repair it. */
export function rescuedResult<T>(
  request: GenerateRequest<T>,
  all: readonly Told[],
  identity: ModelIdentity,
  requests: number,
): GenerateResult<T> | null {
  for (const one of [...all].reverse()) {
    const read = readLenient(one.said.text, request.schema);
    if (!read) continue;
    return result(read.object, all, one, identity, requests, [
      `kept an answer that is not as asked: ${one.said.problem}`,
    ]);
  }
  return null;
}

function result<T>(
  object: T,
  all: readonly Told[],
  from: Told,
  identity: ModelIdentity,
  requests: number,
  remarks: readonly string[],
): GenerateResult<T> {
  const retried = all.length > 1 ? [`${all.length} answers were needed: ${all[0].said.problem}`] : [];
  return {
    object,
    text: from.said.text,
    usage: from.said.usage,
    finish: 'stop',
    modelDigest: identity.modelDigest,
    elapsedMs: from.said.elapsedMs,
    attempts: all.length,
    requests,
    cached: requests === 0,
    remarks: [...from.step.remarks, ...retried, ...remarks],
    key: from.step.key,
  };
}

export function malformed(request: GenerateRequest<unknown>, said: { text: string; problem: string | null }): LlmError {
  return new LlmError({
    fault: 'malformed',
    what: request.task,
    got: said.problem ?? 'an unusable answer',
    expected: `an answer of schema ${request.schema.name}`,
    answer: said.text,
  });
}
