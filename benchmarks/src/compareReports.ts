import type { BenchmarkReport } from './report.js';
import { quantile } from './statistics.js';

/** A case that became slower than the noise of both runs explains. */
export interface Regression {
  readonly name: string;
  /** new median over old median */
  readonly slowdown: number;
}

/**
 * Cases of `now` whose first quartile lies above the third quartile of `before` and whose median grew by over 5 %. Times are
 * scaled by the two runs' measured ceilings, so that a slower machine is not a regression of ours.
 */
export function regressions(before: BenchmarkReport, now: BenchmarkReport): Regression[] {
  const found: Regression[] = [];
  for (const measurement of now.measurements) {
    const old = before.measurements.find((m) => m.name === measurement.name);
    if (!old) continue;
    const memoryBound =
      measurement.gigabytesPerSecond / now.machine.gigabytesPerSecond >
      measurement.gigaflopsPerSecond / now.machine.gigaflopsPerSecond;
    const scale = memoryBound
      ? now.machine.gigabytesPerSecond / before.machine.gigabytesPerSecond
      : now.machine.gigaflopsPerSecond / before.machine.gigaflopsPerSecond;
    const slowdown = (measurement.ours.median * scale) / old.ours.median;
    const apart = quantile(measurement.ours.seconds, 0.25) * scale > quantile(old.ours.seconds, 0.75);
    if (slowdown > 1.05 && apart) found.push({ name: measurement.name, slowdown });
  }
  return found;
}
