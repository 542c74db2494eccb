import type { Measurement } from './measure.js';
import type { BenchmarkReport } from './report.js';
import { quantile } from './statistics.js';

/** A case that became slower than the noise of both runs explains. */
export interface Regression {
  readonly name: string;
  /** new median over old median */
  readonly slowdown: number;
}

/** The least share of a measured ceiling at which a case counts as bound by it. */
const BOUND_SHARE = 0.5;

/**
 * How much faster than `before` the machine of `now` may have been at this case: the growth of each ceiling (memory, last
 * cache, product) that the case came near in `before`. A case near none of them waits for something no ceiling measures, such
 * as latency; for it every growth is possible, none included.
 */
function machineGrowths(before: BenchmarkReport, now: BenchmarkReport, old: Measurement): number[] {
  const ceilings = (['gigabytesPerSecond', 'cacheGigabytesPerSecond', 'gigaflopsPerSecond'] as const).map(
    (ceiling) => ({
      growth: now.machine[ceiling] / before.machine[ceiling],
      share: old[ceiling === 'gigaflopsPerSecond' ? ceiling : 'gigabytesPerSecond'] / before.machine[ceiling],
    }),
  );
  const near = ceilings.filter(({ share }) => share >= BOUND_SHARE);
  return near.length ? near.map(({ growth }) => growth) : [1, ...ceilings.map(({ growth }) => growth)];
}

/**
 * Cases of `now` whose first quartile lies above the third quartile of `before` and whose median grew by over 5 %, the machine's
 * own change taken out as leniently as its measured ceilings allow: a slower machine is not a regression of ours.
 */
export function regressions(before: BenchmarkReport, now: BenchmarkReport): Regression[] {
  const found: Regression[] = [];
  for (const measurement of now.measurements) {
    const old = before.measurements.find((m) => m.name === measurement.name);
    if (!old) continue;
    const scale = Math.min(...machineGrowths(before, now, old));
    const slowdown = (measurement.ours.median * scale) / old.ours.median;
    const apart = quantile(measurement.ours.seconds, 0.25) * scale > quantile(old.ours.seconds, 0.75);
    if (slowdown > 1.05 && apart) found.push({ name: measurement.name, slowdown });
  }
  return found;
}
