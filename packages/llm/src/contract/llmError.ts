import { AmrError, type ErrorKind } from '@agentmmrec/core';

/**
 * Kinds of failure of a call. `busy`, `crashed`, `timeout` and `network` may pass and are retried; `malformed` is asked again
 * in other words; the rest will fail again in the same way.
 */
export type LlmFault =
  | 'busy'
  | 'crashed'
  | 'timeout'
  | 'network'
  | 'malformed'
  | 'notFound'
  | 'contextTooLong'
  | 'promptCut'
  | 'noImage'
  | 'refused'
  | 'protocol'
  | 'tooManyImages'
  | 'unauthorized'
  | 'quota'
  | 'changedModel'
  | 'budget'
  | 'outage'
  | 'aborted';

const PASSING: ReadonlySet<LlmFault> = new Set<LlmFault>(['busy', 'crashed', 'timeout', 'network']);

const HINTS: Record<LlmFault, string> = {
  busy: 'lower the number of calls in flight, or add a server',
  crashed: 'see the log of the LLM server; smaller images or a smaller model need less memory',
  timeout: 'raise the time allowed for a call, or use a faster model',
  network: 'check that the LLM server runs and that its address is right',
  malformed: 'retry it alone later, or use a model that follows JSON schemas better',
  notFound: 'pull or load the model on the server',
  contextTooLong: 'raise the context length, or show fewer neighbours and images',
  promptCut:
    'give the server a longer context (Ollama: OLLAMA_CONTEXT_LENGTH=16384 before ollama serve, or num_ctx of the model), or say what it has (--context-length), so that prompts are made to fit; --reasoner ollama sets it with every request',
  noImage: 'replace the picture, or leave the task about looks out',
  refused: 'read what the server said; the request will not be sent again',
  protocol: 'check that the address leads to a server of this kind, its version included (/v1)',
  tooManyImages: 'show fewer pictures: --images-per-prompt',
  unauthorized: 'set the key that this server takes: export OPENAI_API_KEY=... before the command',
  quota: 'raise the limit of the account, or name another server, and run the command again: what is done is kept',
  changedModel: 'finish the run with the model it began with, or start another memory',
  budget: 'raise the budget and run the command again: what is done is kept',
  outage: 'start the LLM server again and run the command again: what is done is kept',
  aborted: 'run the command again: what is done is kept',
};

/** Every other request would meet these too. */
const ENDS_RUN: ReadonlySet<LlmFault> = new Set<LlmFault>([
  'notFound',
  'unauthorized',
  'quota',
  'promptCut',
  'changedModel',
  'budget',
  'outage',
  'aborted',
]);

/** How each kind ends a command when nobody handles it; `failed` where nothing is said. */
const KINDS: Partial<Record<LlmFault, ErrorKind>> = {
  budget: 'interrupted',
  aborted: 'interrupted',
};

/** A failed LLM call: what AmrError says, and the fault that decides what happens next. */
export class LlmError extends AmrError {
  readonly fault: LlmFault;
  /** HTTP status, or null */
  readonly status: number | null;
  /** how long the server asked to wait, or null */
  readonly retryAfterMs: number | null;
  /** pictures that the server takes in one prompt, where it said so */
  readonly imageLimit: number | null;
  /** tokens of prompt and answer that the server takes at most, where it said so */
  readonly contextLimit: number | null;
  /** what a malformed answer said, or null */
  readonly answer: string | null;

  constructor(facts: {
    fault: LlmFault;
    what: string;
    got: string;
    expected: string;
    hint?: string;
    status?: number;
    retryAfterMs?: number;
    imageLimit?: number;
    contextLimit?: number;
    answer?: string;
    /** where it is not the fault's own */
    kind?: ErrorKind;
    cause?: unknown;
  }) {
    const { fault, what, got, expected, cause } = facts;
    super({
      what,
      got,
      expected,
      hint: facts.hint ?? HINTS[fault],
      kind: facts.kind ?? KINDS[fault] ?? 'failed',
      cause,
    });
    this.name = 'LlmError';
    this.fault = fault;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.imageLimit = facts.imageLimit ?? null;
    this.contextLimit = facts.contextLimit ?? null;
    this.answer = facts.answer ?? null;
  }

  /**
   * true when the failure says nothing about the request and every other would meet it too: it ends a run, not an entry, and
   * nothing is listed as failed for it.
   */
  get endsRun(): boolean {
    return ENDS_RUN.has(this.fault);
  }

  /** true when the same request may succeed later */
  get passing(): boolean {
    return PASSING.has(this.fault);
  }
}

/** The error of a call given up because its signal fired. */
export function abortedError(what: string): LlmError {
  return new LlmError({ fault: 'aborted', what, got: 'a stop signal', expected: 'to run to its end' });
}
