/** A mean and its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Numbers seen so far, by what their mean needs. */
export class Sample {
  private count = 0;
  private sum = 0;
  private squares = 0;

  /** Takes in one more. */
  add(value: number): void {
    this.count++;
    this.sum += value;
    this.squares += value * value;
  }

  /** how many */
  get size(): number {
    return this.count;
  }

  /** 0 of none */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** of the mean; of fewer than two numbers nothing is known */
  get variance(): number {
    if (this.count < 2) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.squares - this.count * this.mean * this.mean) / (this.count - 1) / this.count;
  }

  /** The mean with its interval. */
  estimate(): Estimate {
    return weightedSum([[1, this]]);
  }
}

/** Sum of means times weights, none of which is below 0: what so many calls of each kind take. A kind without weight needs no sample. */
export function weightedSum(parts: readonly (readonly [weight: number, sample: Sample])[]): Estimate {
  const used = parts.filter(([weight]) => weight > 0);
  const mean = used.reduce((sum, [weight, sample]) => sum + weight * sample.mean, 0);
  const variance = used.reduce((sum, [weight, sample]) => sum + weight ** 2 * sample.variance, 0);
  const fewest = Math.min(...used.map(([, { size }]) => size));
  const reach = used.length === 0 ? 0 : studentQuantile(fewest - 1) * Math.sqrt(variance);
  return { mean, low: Math.max(0, mean - reach), high: mean + reach };
}

const NORMAL = 1.959964;

/** 97.5 % point of Student's t: the expansion in 1/freedom (Abramowitz and Stegun 26.7.5), three terms. */
function studentQuantile(freedom: number): number {
  if (freedom < 1) return Number.POSITIVE_INFINITY;
  const z = NORMAL;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, at) => sum + term / freedom ** (at + 1), z);
}

/** `1.2 (0.9 to 1.5) h`, in the unit that suits. */
export function durationText(seconds: Estimate): string {
  const [unit, size] = seconds.mean < 90 ? ['s', 1] : seconds.mean < 5400 ? ['min', 60] : ['h', 3600];
  return `${estimateText(scaled(seconds, 1 / Number(size)))} ${unit}`;
}

/** All three times a number. */
export function scaled({ mean, low, high }: Estimate, by: number): Estimate {
  return { mean: mean * by, low: low * by, high: high * by };
}

/** `1.2 (0.9 to 1.5)`, or the mean alone where there is no interval. */
export function estimateText({ mean, low, high }: Estimate, digits = 2): string {
  const text = (value: number) => Number(value.toPrecision(digits + 1)).toString();
  return Number.isFinite(high) ? `${text(mean)} (${text(low)} to ${text(high)})` : text(mean);
}
