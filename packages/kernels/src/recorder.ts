import { AmrError } from '@agentmmrec/core';
import type { Adam } from './adam.js';
import type { Floats, Ints } from './arrays.js';

/** Launches that were noted once and can be made again as one (a CUDA graph). */
export interface RecordedWork {
  /** Launches all of it on the memory it was recorded with; nothing is waited for. */
  run(): void;
  /** Gives its memory back; it must not run again. */
  release(): void;
}

/** Why work cannot be recorded: it needs the host, or differs from one run to the next. */
export class Unrecordable extends AmrError {
  constructor(got: string) {
    super({
      what: 'recorded work',
      got,
      expected: 'work that stays on the card and is the same each time',
      hint: 'launch it step by step',
      kind: 'internal',
    });
  }
}

/**
 * What a device offers that can note launches and make them again as one, and count steps where they run, so that a recorded step is
 * another one each time. A clock is [1] int32.
 */
export interface Recorder {
  /**
   * Runs `body`, whose launches are noted and not made. Memory that it takes must be given back before it ends; the recording keeps
   * it. Contents of memory are as before.
   * @throws Unrecordable where the body reads from or writes to the device, or takes memory that outlives it; nothing is left behind
   */
  record(body: () => void): RecordedWork;
  /** Each of `outs` (whole arrays of one length) = the values of its table from clock * length on. At most four. */
  sliceIds(outs: readonly Ints[], tables: readonly Ints[], clock: Ints): void;
  /** Row clocks[0] of losses [steps, parts] = loss [parts]; then each of the clocks (one or two) counts a step. */
  noteLoss(losses: Floats, loss: Floats, clocks: readonly Ints[]): void;
  /** The `adam` kernel on many tables in one launch, `clock` in place of each `step`: the same bits. */
  adamTables(clock: Ints, tables: readonly Omit<Adam, 'step'>[]): void;
}
