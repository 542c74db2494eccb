import { RandomStreams } from '@agentmmrec/core';

/** Middle of the sorted values, the mean of the two middle ones when their count is even. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Quantile by linear interpolation between order statistics, q in [0, 1]. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export interface Ratio {
  /** median(peer) / median(ours): above 1 we are faster */
  readonly value: number;
  /** 95 % bootstrap interval over the interleaved rounds */
  readonly low: number;
  readonly high: number;
}

/**
 * How many times faster `ours` is. Rounds are pairs measured next to each other, so they are resampled as pairs: what
 * slows the machine for a moment slows both sides of a pair.
 */
export function speedRatio(ours: readonly number[], peer: readonly number[], resamples = 2000): Ratio {
  const rounds = Math.min(ours.length, peer.length);
  const stream = new RandomStreams(17).stream('speed ratio', rounds);
  const ratios = Array.from({ length: resamples }, () => {
    const picks = Array.from({ length: rounds }, () => stream.integer(rounds));
    return median(picks.map((i) => peer[i])) / median(picks.map((i) => ours[i]));
  });
  return { value: median(peer) / median(ours), low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}
