import { type DataSize, type Forecast, forecastOf } from './forecast.js';
import type { RunProgress } from './performRun.js';
import type { PlannedRun } from './runSpec.js';
import type { HistoryEntry } from './runStore.js';

/** A run that is at work, and how it went so far. */
export interface ProgressOfRun {
  readonly run: PlannedRun;
  readonly startedMs: number;
  readonly forecast: Forecast;
  progress: RunProgress | null;
  /** the first that ended, from 0: a later one where it went on from what was trained before; null before */
  firstEpoch: number | null;
  /** of its last epochs, the later ones weighing more; null before the first has ended */
  epochSeconds: number | null;
  /** seconds before its first epoch ended: most of them are no epoch */
  firstSeconds: number | null;
  progressMs: number;
}

/** What the last epoch weighs in the pace. */
const NEWEST = 0.3;
/** Ended runs that say how far forecasts are off. */
const RECENT_RUNS = 8;

/**
 * How long a plan will take yet: by earlier runs of the same kind, by how much slower (or faster) than that the machine is now, and by
 * the pace of those at work, whose early stopping may come sooner or later than that of others.
 */
export class TimeLeft {
  /** runs of this plan: as the machine is now */
  private since: readonly HistoryEntry[] = [];
  /** of ended runs, the seconds they took over those of the forecast by what was known before the plan */
  private readonly ratios: { readonly basis: Forecast['basis']; readonly ratio: number }[] = [];

  constructor(
    private readonly before: readonly HistoryEntry[],
    private readonly size: DataSize,
  ) {}

  begun(run: PlannedRun, nowMs: number): ProgressOfRun {
    const forecast = this.forecast(run);
    return {
      run,
      startedMs: nowMs,
      forecast,
      ...{ progress: null, firstEpoch: null, epochSeconds: null, firstSeconds: null, progressMs: nowMs },
    };
  }

  progressed(one: ProgressOfRun, progress: RunProgress, nowMs: number): void {
    const epochs = progress.epoch - (one.progress?.epoch ?? progress.epoch - 1);
    if (one.progress === null) {
      one.firstSeconds = (nowMs - one.startedMs) / 1000;
      one.firstEpoch = progress.epoch;
    } else one.epochSeconds = withNewest(one.epochSeconds, (nowMs - one.progressMs) / 1000 / Math.max(1, epochs));
    one.progress = progress;
    one.progressMs = nowMs;
  }

  /** @param history with what the run left in it */
  ended(one: ProgressOfRun, history: readonly HistoryEntry[], nowMs: number): void {
    this.since = history.slice(this.before.length);
    // What went on from a checkpoint took less than a whole run.
    if (one.run.spec.kind === 'knowledge' || one.firstEpoch === 0) {
      this.ratios.push(this.ratioOf(one, (nowMs - one.startedMs) / 1000));
    }
  }

  /** Runs of this plan tell how long others of their kind take; what was known before tells it once it is corrected by how it was off. */
  forecast(run: PlannedRun, atWork: readonly ProgressOfRun[] = [], nowMs = 0): Forecast {
    const now = forecastOf(run, this.since, this.size);
    if (now.basis === 'measured') return now;
    const then = forecastOf(run, this.before, this.size);
    const factor = this.slowness(then.basis, atWork, nowMs);
    return { ...then, seconds: factor * then.seconds, otherSeconds: factor * then.otherSeconds };
  }

  /** Seconds until runs at work and runs that wait are done, so many at a time. */
  seconds(atWork: readonly ProgressOfRun[], waiting: readonly PlannedRun[], parallel: number, nowMs: number): number {
    const left = atWork.map((one) => this.secondsOf(one, nowMs));
    const later = waiting.map((run) => this.forecast(run, atWork, nowMs).seconds);
    const all = [...left, ...later];
    const lanes = Math.max(1, Math.min(parallel, all.length));
    return Math.max(0, sum(all) / lanes, ...all);
  }

  /** Seconds that a run at work needs yet. */
  private secondsOf(one: ProgressOfRun, nowMs: number): number {
    const { run, forecast, progress } = one;
    const passed = (nowMs - one.startedMs) / 1000;
    const { epochs, patience } = run.spec.training;
    if (progress === null) {
      if (passed < forecast.seconds) return Math.max(1, forecast.seconds - passed);
      // The forecast was wrong: what has not shown an epoch by now takes at least that long for each that must come, unless it does
      // something else before: knowledge has no epochs, and rounds of feedback come before them.
      const isElse = run.spec.kind === 'knowledge' || run.spec.recipe?.feedback !== undefined;
      return passed * (isElse ? 1 : Math.min(epochs, patience + 1));
    }
    const open = (nowMs - one.progressMs) / 1000;
    const first = one.firstSeconds ?? 0;
    const pace = one.epochSeconds === null ? first : Math.max(one.epochSeconds, withNewest(one.epochSeconds, open));
    const begun = Math.max(0, first - pace);
    const rest = Math.max(0, forecast.otherSeconds - begun);
    return Math.max(0, (lastEpochOf(one) - progress.epoch - 1) * pace + rest - open);
  }

  /** How many times longer than forecast runs take now. */
  private slowness(basis: Forecast['basis'], atWork: readonly ProgressOfRun[], nowMs: number): number {
    const going = atWork
      .filter(({ epochSeconds }) => epochSeconds !== null)
      .map((one) => this.ratioOf(one, (nowMs - one.startedMs) / 1000 + this.secondsOf(one, nowMs)));
    const known = [
      ...this.ratios.filter((one) => one.basis === basis).slice(-RECENT_RUNS),
      ...going.filter((one) => one.basis === basis),
    ];
    return known.length === 0 ? 1 : Math.exp(sum(known.map(({ ratio }) => Math.log(ratio))) / known.length);
  }

  private ratioOf({ run }: ProgressOfRun, seconds: number): TimeLeft['ratios'][number] {
    const { seconds: forecast, basis } = forecastOf(run, this.before, this.size);
    return { basis, ratio: Math.max(1e-3, seconds) / Math.max(1e-3, forecast) };
  }
}

/**
 * The epoch, counted from 1, after which a run is expected to end. Early stopping ends it `patience` epochs after its best one, which
 * moves on for as long as others' did: the longer it has not moved, the less is expected of it.
 */
function lastEpochOf({ run, forecast, progress }: ProgressOfRun): number {
  const { epochs, patience } = run.spec.training;
  const { epoch, bestEpoch } = progress ?? { epoch: 0, bestEpoch: 0 };
  const end = Math.min(epochs, bestEpoch + patience + 1);
  const usual = Math.min(epochs, Math.max(end, forecast.epochs));
  const stale = patience === 0 ? 1 : Math.min(1, (epoch - bestEpoch) / patience);
  return end + (1 - stale) * (usual - end);
}

function withNewest(known: number | null, newest: number): number {
  return known === null ? newest : (1 - NEWEST) * known + NEWEST * newest;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
