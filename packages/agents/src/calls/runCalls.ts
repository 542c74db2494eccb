import { AmrError, type Log, silentLog } from '@agentmmrec/core';
import { LlmError } from '@agentmmrec/llm';
import { type Reasoner, spentLine } from '../reasoning/reasoner.js';
import { RunForecast } from './runForecast.js';

/** Work of many calls: what is done for each key, and how it is told. */
export interface CallRun<K> {
  /** beside the bar: `item properties` */
  readonly label: string;
  /** for errors: `knowledge build` */
  readonly activity: string;
  /** what is counted: `items` */
  readonly counted: string;
  readonly total: number;
  /** of them finished by earlier runs */
  readonly finished?: number;
  /** what to do for an interrupted or hopeless run, in words */
  readonly hint: string;
  readonly reasoner: Pick<Reasoner, 'concurrency' | 'spent' | 'answers'>;
  /** calls in flight; never more than the reasoner's own limit */
  readonly maxInFlight?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** The next key, or undefined when none is left. */
  next(): K | undefined;
  /** Does the work of one key. */
  work(key: K): Promise<void>;
  /** Writes down that a key failed for good. Not called for a run that is given up as hopeless: its keys stay open. */
  failed(key: K, reason: string): Promise<void> | void;
}

/** So many calls that all fail, from the first one on, say that the rest will fail too; later it takes more in a row. */
const HOPELESS = { first: 10, later: 100 };
/** Failures that are told as they come; later ones are counted. */
const TOLD_FAILURES = 3;
/** How often a run looks whether it waits, and from when on that is said. */
const LOOK_MS = 20_000;
const QUIET_MS = 30_000;
/** Finished calls after which signals and timers get a turn: a reasoner that never waits lets nothing in. */
const BREATHE = 64;

/**
 * Does the work of every key, as many at a time as the reasoner can take, in order of start. A call that failed for good (`kind:
 * 'failed'`) costs its key; mistakes, stops and failures that every other call would meet too (a quota, a missing model) end the
 * run. After such an end nothing new starts and what is running ends first, so that a late answer still finds its memory open.
 * @returns how many keys were done and how many of them failed
 * @throws AmrError interrupted: `signal`; failed: hopeless; or what ended the run
 */
export async function runCalls<K>(run: CallRun<K>): Promise<{ readonly done: number; readonly failed: number }> {
  const { reasoner, signal } = run;
  const begun = run.finished ?? 0;
  const progress = (run.log ?? silentLog).progress(run.label, run.total, { begun });
  const outcome = new Outcome(run);
  const forecast = new RunForecast(reasoner);
  let [done, inFlight, lastEndMs] = [begun, 0, Date.now()];
  const told = () => {
    const spent = reasoner.spent?.();
    const failures = outcome.failures > 0 && `${outcome.failures} failed`;
    const remarks = [spent && spentLine(spent), failures, ...forecast.remarks(run.total - begun)];
    progress.update(done, [...remarks, waiting(inFlight, Date.now() - lastEndMs)].filter(Boolean).join(', '));
  };
  const worker = async (): Promise<void> => {
    while (outcome.goesOn && !signal?.aborted) {
      const key = run.next();
      if (key === undefined) return;
      inFlight++;
      try {
        await run.work(key);
        await outcome.succeeded();
      } catch (cause) {
        if (signal?.aborted) return;
        await outcome.failed(key, cause);
        if (!outcome.goesOn) return;
      } finally {
        inFlight--;
      }
      done++;
      lastEndMs = Date.now();
      forecast.ended();
      told();
      if (done % BREATHE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const limit = Math.max(1, Math.min(run.maxInFlight ?? reasoner.concurrency, reasoner.concurrency, run.total));
  const looking = setInterval(told, LOOK_MS).unref();
  try {
    await Promise.all(Array.from({ length: limit }, worker));
  } finally {
    clearInterval(looking);
    progress.end();
  }
  if (signal?.aborted) throw interrupted(run, done);
  await outcome.settle();
  return { done, failed: outcome.failures };
}

/** 0 to `count` - 1, one after the other. */
export function counting(count: number): () => number | undefined {
  let next = 0;
  return () => (next < count ? next++ : undefined);
}

/** What is said of calls that nobody has answered for a while. */
function waiting(inFlight: number, quietMs: number): string | null {
  if (inFlight === 0 || quietMs < QUIET_MS) return null;
  return `waiting for ${inFlight} for ${(quietMs / 60_000).toFixed(1)} min`;
}

/** Whether an error costs one key alone. */
function costsOneKey(cause: unknown): cause is AmrError {
  if (!(cause instanceof AmrError) || cause.kind !== 'failed') return false;
  return !(cause instanceof LlmError && cause.endsRun);
}

/** What the calls of a run have shown so far. Failures are held back until one call succeeded: before, they say nothing about keys. */
class Outcome<K> {
  failures = 0;
  private held: { readonly key: K; readonly reason: string }[] = [];
  private successes = 0;
  private inRow = 0;
  private readonly ends: unknown[] = [];

  constructor(private readonly run: CallRun<K>) {}

  get goesOn(): boolean {
    return this.ends.length === 0;
  }

  async succeeded(): Promise<void> {
    this.successes++;
    this.inRow = 0;
    await this.release();
  }

  async failed(key: K, cause: unknown): Promise<void> {
    if (!costsOneKey(cause)) {
      this.ends.push(cause);
      return;
    }
    this.failures++;
    if (this.failures <= TOLD_FAILURES) this.run.log?.warn(`${this.run.label}: failed: ${cause.what}: ${cause.got}`);
    this.held.push({ key, reason: cause.message });
    // Only what a server said counts: a remembered reasoner that lacks an answer says nothing about the next one.
    if (cause instanceof LlmError) this.inRow++;
    if (this.inRow >= (this.successes === 0 ? HOPELESS.first : HOPELESS.later)) {
      this.ends.push(hopeless(this.run, this.inRow, this.successes, cause));
    } else if (this.successes > 0) await this.release();
  }

  /** Ends the run: with the first thing that ended it, or with every failure written down. */
  async settle(): Promise<void> {
    if (!this.goesOn) throw this.ends[0];
    await this.release();
  }

  private async release(): Promise<void> {
    for (const { key, reason } of this.held.splice(0)) await this.run.failed(key, reason);
  }
}

function interrupted(
  { activity, counted, total, hint }: Pick<CallRun<unknown>, 'activity' | 'counted' | 'total' | 'hint'>,
  done: number,
): AmrError {
  return new AmrError({
    what: activity,
    got: `a stop after ${done} of ${total} ${counted}`,
    expected: 'to run to the end',
    hint,
    kind: 'interrupted',
  });
}

function hopeless(
  run: Pick<CallRun<unknown>, 'activity' | 'counted' | 'total' | 'hint'>,
  inRow: number,
  successes: number,
  last: AmrError,
): AmrError {
  const where = successes === 0 ? `the first ${inRow} calls` : `${inRow} calls in a row`;
  return new AmrError({
    what: run.activity,
    got: `no usable answer in ${where}, the last: ${last.what}: ${last.got}`,
    expected: 'a model that can do the work',
    hint: `${last.hint}; nothing is marked as failed for it; ${run.hint}`,
    kind: 'failed',
    cause: last,
  });
}
