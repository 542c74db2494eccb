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

/** What was heard from a model at a step. `problem` is null when it has the asked form. */
export interface ModelAnswer {
  readonly text: string;
  readonly problem: string | null;
  /** true when it was said in an earlier run or to another caller, and nothing was sent */
  readonly replayed: boolean;
  readonly usage: Usage;
  readonly elapsedMs: number;
}

/** A step and what came of it. */
export interface AnsweredStep {
  readonly step: Step;
  readonly heard: ModelAnswer;
}

/** The last answer, which has the asked form. */
export function acceptedResult<T>(
  request: GenerateRequest<T>,
  all: readonly AnsweredStep[],
  identity: ModelIdentity,
  requests: number,
): GenerateResult<T> {
  const last = all[all.length - 1];
  const read = readAnswer(last.heard.text, 'stop', request.schema);
  if (!read.ok) throw malformed(request, { text: last.heard.text, problem: read.problem });
  return result(read.object, all, last, {
    identity,
    requests,
    remarks: read.repairs,
    repaired: read.repairs.length > 0,
  });
}

/** The newest of the malformed answers that the lenient schema takes, for a caller with a rule to repair it. */
export function rescuedResult<T>(
  request: GenerateRequest<T>,
  all: readonly AnsweredStep[],
  identity: ModelIdentity,
  requests: number,
): GenerateResult<T> | null {
  for (const one of [...all].reverse()) {
    const read = readLenient(one.heard.text, request.schema);
    if (!read) continue;
    const remarks = [`kept an answer that is not as asked: ${one.heard.problem}`];
    return result(read.object, all, one, { identity, requests, remarks, repaired: true });
  }
  return null;
}

function result<T>(
  object: T,
  all: readonly AnsweredStep[],
  from: AnsweredStep,
  about: {
    readonly identity: ModelIdentity;
    readonly requests: number;
    readonly remarks: readonly string[];
    readonly repaired: boolean;
  },
): GenerateResult<T> {
  const { identity, requests, remarks, repaired } = about;
  const retried = all.length > 1 ? [`${all.length} answers were needed: ${all[0].heard.problem}`] : [];
  return {
    object,
    text: from.heard.text,
    usage: from.heard.usage,
    finish: 'stop',
    modelDigest: identity.modelDigest,
    elapsedMs: from.heard.elapsedMs,
    attempts: all.length,
    requests,
    cached: requests === 0,
    remarks: [...from.step.remarks, ...retried, ...remarks],
    repaired,
    key: from.step.key,
  };
}

export function malformed(
  request: GenerateRequest<unknown>,
  heard: { text: string; problem: string | null },
): LlmError {
  return new LlmError({
    fault: 'malformed',
    what: request.task,
    got: heard.problem ?? 'an unusable answer',
    expected: `an answer of schema ${request.schema.name}`,
    answer: heard.text,
  });
}
