import { AmrError, type Log } from '@agentmmrec/core';
import type { FailedRun, FinishedRun } from './finishedRun.js';
import type { DataSize, Forecast } from './forecast.js';
import type { RunProgress } from './performRun.js';
import { type PlannedRun, runId, stateId } from './runSpec.js';
import type { RunStore } from './runStore.js';
import { type ProgressOfRun, TimeLeft } from './timeLeft.js';

/** A run in a process of its own. */
export interface LaunchedRun {
  /** resolves when the process has ended; `error` is what it said last where it failed */
  readonly ended: Promise<{ readonly code: number; readonly error: string }>;
  /** asks it to save itself and end */
  stop(): void;
}

/** How a run is started in a process of its own. */
export type Launch = (run: PlannedRun, id: string, onProgress: (progress: RunProgress) => void) => LaunchedRun;

export interface RunnerOptions {
  readonly store: RunStore;
  readonly launch: Launch;
  readonly size: DataSize;
  /** processes at a time */
  readonly parallel: number;
  /** what all processes together may hold; one run is always let through */
  readonly memoryBytes: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** now, in ms; for tests */
  readonly now?: () => number;
}

export type Outcome =
  | ({ readonly status: 'finished'; readonly reused: boolean } & FinishedRun)
  | ({ readonly status: 'failed' } & FailedRun)
  /** nobody ran it yet */
  | { readonly status: 'absent' };

/** Where the results of a plan's runs come from. */
export interface RunSource {
  /** Says what will be asked for after the next runs: it counts in the time that is left. */
  announce(runs: readonly PlannedRun[]): void;
  /**
   * @param runs with those whose memory they begin with; in any order
   * @returns by address, for each run asked for; what has none is absent
   * @throws AmrError interrupted
   */
  runAll(runs: readonly PlannedRun[]): Promise<ReadonlyMap<string, Outcome>>;
}

/** Runs that are finished already, and no others: a table as it stands. */
export class FinishedRuns implements RunSource {
  constructor(private readonly store: RunStore) {}

  announce(): void {}

  async runAll(runs: readonly PlannedRun[]): Promise<ReadonlyMap<string, Outcome>> {
    return new Map(
      runs.flatMap((run) => {
        const finished = this.store.finished(run);
        return finished ? [[runId(run), { status: 'finished', reused: true, ...finished }] as const] : [];
      }),
    );
  }
}

interface Running extends ProgressOfRun {
  readonly launched: LaunchedRun;
}

/**
 * Does runs in parallel processes within a budget of memory. Finished ones are found by their address and not repeated; one that
 * fails is kept with its reason and stops no other; when the signal fires, running ones save themselves and the next call goes on.
 */
export class Runner implements RunSource {
  private readonly outcomes = new Map<string, Outcome>();
  private readonly running = new Map<string, Running>();
  private waiting: PlannedRun[] = [];
  /** runs that will be asked for later, for the time that is left */
  private announced: readonly PlannedRun[] = [];
  private planned = 0;
  private readonly timeLeft: TimeLeft;
  private readonly failedStates = new Set<string>();
  private readonly startedMs: number;

  constructor(private readonly options: RunnerOptions) {
    this.startedMs = this.now();
    this.timeLeft = new TimeLeft(options.store.history(), options.size);
  }

  announce(runs: readonly PlannedRun[]): void {
    this.announced = runs.filter((run) => this.options.store.finished(run) === null);
  }

  async runAll(runs: readonly PlannedRun[]): Promise<ReadonlyMap<string, Outcome>> {
    this.takeUp(runs);
    const { log, signal } = this.options;
    const bar = log.progress('percent of the plan', 100);
    const stop = () => {
      for (const { launched } of this.running.values()) launched.stop();
    };
    signal.addEventListener('abort', stop);
    try {
      while (this.waiting.length > 0 || this.running.size > 0) {
        if (signal.aborted) break;
        this.startWhatFits();
        await this.nextEnd(() => bar.update(100 * this.share(), this.remark()));
      }
      await Promise.all([...this.running.values()].map(({ launched }) => launched.ended));
    } finally {
      signal.removeEventListener('abort', stop);
      bar.end();
    }
    if (signal.aborted) throw this.interrupted();
    return this.outcomes;
  }

  /** Seconds until all is done, by what is known now. */
  secondsLeft(): number {
    const { waiting, announced, options } = this;
    return this.timeLeft.seconds([...this.running.values()], [...waiting, ...announced], options.parallel, this.now());
  }

  /** Finished runs are found; of the others those that nobody needs any more (knowledge for finished runs) are left out. */
  private takeUp(runs: readonly PlannedRun[]): void {
    const { store } = this.options;
    const unique = new Map(runs.map((run) => [runId(run), run]));
    const open = new Map<string, PlannedRun>();
    for (const [id, run] of unique) {
      const finished = store.finished(run);
      if (finished) this.outcomes.set(id, { status: 'finished', reused: true, ...finished });
      else open.set(id, run);
    }
    const needed = new Set<string>();
    // A memory that is gone is made again by its run, which may begin with one that is gone too.
    for (let known = -1; known < needed.size; ) {
      known = needed.size;
      for (const { spec } of open.values()) if (spec.memoryFrom !== null) needed.add(spec.memoryFrom);
      for (const [id, run] of unique) {
        if (needed.has(stateId(run)) && !store.hasMemory(stateId(run))) open.set(id, run);
      }
    }
    const wanted = [...open].filter(([, run]) => run.spec.kind !== 'knowledge' || needed.has(stateId(run)));
    for (const [id] of wanted) this.outcomes.delete(id);
    this.waiting = wanted.map(([, run]) => run);
    this.planned += this.waiting.length;
  }

  private startWhatFits(): void {
    const { store } = this.options;
    const pending = new Set([...this.waiting, ...[...this.running.values()].map(({ run }) => run)].map(stateId));
    const busy = new Set([...this.running.values()].map(({ run }) => stateId(run)));
    for (const run of [...this.waiting]) {
      const { memoryFrom } = run.spec;
      const waits = memoryFrom !== null && memoryFrom !== stateId(run) && pending.has(memoryFrom);
      if (waits || busy.has(stateId(run))) continue;
      if (memoryFrom !== null && (this.failedStates.has(memoryFrom) || !store.hasMemory(memoryFrom))) {
        this.waiting = this.waiting.filter((other) => other !== run);
        this.fail(run, 'the run whose memory it begins with failed');
      } else if (this.fits(run)) {
        busy.add(stateId(run));
        this.start(run);
      }
    }
  }

  private fits(run: PlannedRun): boolean {
    if (this.running.size === 0) return true;
    if (this.running.size >= this.options.parallel) return false;
    const held = [...this.running.values()].reduce((sum, { forecast }) => sum + forecast.peakRssBytes, 0);
    return held + this.forecast(run).peakRssBytes <= this.options.memoryBytes;
  }

  private start(run: PlannedRun): void {
    const id = runId(run);
    this.options.store.ask(run);
    this.waiting = this.waiting.filter((other) => other !== run);
    const launched = this.options.launch(run, id, (progress) => {
      const one = this.running.get(id);
      if (one) this.timeLeft.progressed(one, progress, this.now());
    });
    this.running.set(id, { ...this.timeLeft.begun(run, this.now()), launched });
  }

  /** Waits for the next process to end, and shows how far all are meanwhile. */
  private async nextEnd(show: () => void): Promise<void> {
    if (this.running.size === 0) return;
    const timer = setInterval(show, 500);
    show();
    const ends = [...this.running.values()].map(async (one) => ({ one, ...(await one.launched.ended) }));
    const { one, code, error } = await Promise.race(ends).finally(() => clearInterval(timer));
    const id = runId(one.run);
    this.running.delete(id);
    if (this.options.signal.aborted) return;
    const finished = code === 0 ? this.options.store.finished(one.run) : null;
    if (finished) this.keep(one, finished);
    else this.fail(one.run, error || `its process ended with code ${code} and no result`);
  }

  private keep(one: Running, finished: FinishedRun): void {
    const { run, startedMs } = one;
    this.timeLeft.ended(one, this.options.store.history(), this.now());
    this.outcomes.set(runId(run), { status: 'finished', reused: false, ...finished });
    const metrics = finished.record?.valid ?? finished.selection?.valid ?? null;
    const value = metrics === null ? '' : `, validation Recall@20 ${metrics['recall@20'].toFixed(4)}`;
    const seconds = (this.now() - startedMs) / 1000;
    const took = seconds < 10 ? Math.max(0.1, seconds).toFixed(1) : seconds.toFixed(0);
    this.options.log.info(`${this.counts()}: ${run.label} in ${took} s${value}${leftInWords(this.secondsLeft())}`);
  }

  private fail(run: PlannedRun, reason: string): void {
    this.options.store.fail(run, { reason });
    this.failedStates.add(stateId(run));
    this.outcomes.set(runId(run), { status: 'failed', reason });
    this.options.log.warn(`${run.label} failed: ${reason}`);
  }

  private counts(): string {
    const done = this.planned - this.waiting.length - this.running.size;
    return `${done} of ${this.planned + this.announced.length} runs`;
  }

  private remark(): string {
    const failed = [...this.outcomes.values()].filter(({ status }) => status === 'failed').length;
    return `${this.counts()}, ${this.running.size} at work${failed > 0 ? `, ${failed} FAILED` : ''}`;
  }

  /** By time and not by count: runs differ. */
  private share(): number {
    const passed = (this.now() - this.startedMs) / 1000;
    const left = this.secondsLeft();
    return passed + left === 0 ? 1 : passed / (passed + left);
  }

  private forecast(run: PlannedRun): Forecast {
    return this.timeLeft.forecast(run);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }

  private interrupted(): AmrError {
    const { reason } = this.options.signal;
    if (reason instanceof AmrError) return reason;
    return new AmrError({
      what: 'the experiment',
      got: `a stop after ${this.counts()}`,
      expected: 'to run to the end',
      hint: 'give the same command again: finished runs are kept, and those that were stopped go on',
      kind: 'interrupted',
    });
  }
}

/** Nothing where nothing is left. */
function leftInWords(seconds: number): string {
  if (seconds <= 0) return '';
  if (seconds < 1) return '; under 1 s left';
  if (seconds < 90) return `; about ${Math.round(seconds)} s left`;
  if (seconds < 5400) return `; about ${Math.round(seconds / 60)} min left`;
  return `; about ${(seconds / 3600).toFixed(1)} h left`;
}
