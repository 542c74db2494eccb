import { AmrError, type RandomStream } from '@agentmmrec/core';

/** A mean difference and the percentile interval round it. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** 0.95 for a 95 % interval */
  readonly level: number;
  readonly resamples: number;
}

interface BootstrapOptions {
  /** default 0.95 */
  level?: number;
  /** default 2000: about 50 resamples lie outside on either side of a 95 % interval */
  resamples?: number;
}

/**
 * Paired bootstrap: the interval of the mean of paired differences, resampled with replacement (Efron and Tibshirani 1993,
 * percentile method). The units may be users of one run, or seeds when each difference is already a mean over users.
 * @param stream source of the resamples: equal streams give equal bits
 */
export function bootstrapInterval(
  differences: Float64Array,
  stream: RandomStream,
  options: BootstrapOptions = {},
): Interval {
  return hierarchicalInterval([differences], stream, options);
}

/**
 * Paired bootstrap over seeds and users at once. Row s of `differences` holds the differences of seed s for the same users
 * in the same order. Seeds and users are drawn independently with replacement, and a drawn user counts under every drawn
 * seed, since users are the same people in each run (two-way or "pigeonhole" resampling; Owen 2007, conservative).
 * With one seed it is the interval over users, with one user the interval over seeds.
 */
export function hierarchicalInterval(
  differences: readonly Float64Array[],
  stream: RandomStream,
  { level = 0.95, resamples = 2000 }: BootstrapOptions = {},
): Interval {
  checkDifferences(differences, level, resamples);
  const seeds = differences.length;
  const users = differences[0].length;
  const means = new Float64Array(resamples);
  const seedWeights = new Float64Array(seeds);
  const userWeights = new Float64Array(users);
  for (let resample = 0; resample < resamples; resample++) {
    drawWeights(seedWeights, stream);
    drawWeights(userWeights, stream);
    means[resample] = weightedMean(differences, seedWeights, userWeights);
  }
  means.sort();
  const tail = (1 - level) / 2;
  const mean = weightedMean(differences, seedWeights.fill(1), userWeights.fill(1));
  return { mean, low: quantile(means, tail), high: quantile(means, 1 - tail), level, resamples };
}

/** How often each of n units is drawn in n draws with replacement. A single unit costs no random numbers. */
function drawWeights(weights: Float64Array, stream: RandomStream): void {
  if (weights.length === 1) {
    weights[0] = 1;
    return;
  }
  weights.fill(0);
  for (let draw = 0; draw < weights.length; draw++) weights[stream.integer(weights.length)]++;
}

function weightedMean(rows: readonly Float64Array[], seedWeights: Float64Array, userWeights: Float64Array): number {
  let sum = 0;
  for (let seed = 0; seed < rows.length; seed++) {
    if (seedWeights[seed] === 0) continue;
    const row = rows[seed];
    let rowSum = 0;
    for (let user = 0; user < row.length; user++) rowSum += userWeights[user] * row[user];
    sum += seedWeights[seed] * rowSum;
  }
  return sum / (rows.length * userWeights.length);
}

/** Linear interpolation between order statistics (the definition numpy uses by default). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function checkDifferences(differences: readonly Float64Array[], level: number, resamples: number): void {
  const fail = (got: string, expected: string, hint: string): never => {
    throw new AmrError({ what: 'bootstrap interval', got, expected, hint });
  };
  if (differences.length === 0) fail('no seed', 'at least one', 'run at least one seed');
  const users = differences[0].length;
  if (users === 0) fail('no user', 'at least one', 'compare on a split that has interactions');
  const odd = differences.find((row) => row.length !== users);
  if (odd) fail(`${odd.length} and ${users} users`, 'the same users for each seed', 'evaluate all seeds on one split');
  if (!(level > 0 && level < 1)) fail(`level ${level}`, 'a level between 0 and 1', 'use 0.95');
  if (!Number.isInteger(resamples) || resamples < 1) {
    fail(`${resamples} resamples`, 'a whole number from 1', 'use 2000');
  }
}
