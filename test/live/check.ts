import type { LlmServer } from '@agentmmrec/llm';

/** A model behind one of the two protocols. */
export interface Target {
  /** `smollm2 over /v1` */
  readonly name: string;
  readonly api: 'ollama' | 'openai';
  readonly model: string;
  readonly seesImages: boolean;
  /** @param llmModel another model of the same server @param further fields of every request */
  open(options?: {
    readonly llmModel?: string;
    readonly contextLength?: number;
    readonly further?: Readonly<Record<string, unknown>>;
  }): LlmServer;
}

/** What a check is given. `signal` fires when its time is over. */
export interface LiveContext {
  /** an empty folder of its own */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** what is left of the time, in ms */
  readonly leftMs: number;
}

/** One thing that must hold against a real server: it returns, or throws what does not hold. */
export interface LiveCheck {
  readonly name: string;
  run(context: LiveContext): Promise<void>;
}

/** Throws a sentence where something does not hold. */
export function holds(what: boolean, sentence: string): asserts what {
  if (!what) throw new Error(sentence);
}
