import type { Rates } from './calibrate.js';

/**
 * What a case does, as far as its time depends on it. A part that is absent costs nothing. Counts are those of the
 * algorithm; what they cost comes from `Rates`.
 */
export interface Work {
  /**
   * Bytes on the bus of arrays passed over from end to end: a byte read counts once, one that is written without being read
   * twice (the line is fetched first), one that is read and written back twice. `arrayBytes` is what is touched before the
   * same byte comes again: it decides which cache serves it.
   */
  readonly streams?: readonly { readonly busBytes: number; readonly arrayBytes: number }[];
  /** random rows read, by the share of them that each level serves */
  readonly gathers?: readonly Gather[];
  /** output rows of propagations */
  readonly rows?: number;
  readonly product?: { readonly flops: number; readonly outputs: number; readonly packed: number };
  readonly selection?: { readonly kind: 'ranking' | 'pairs'; readonly scores: number; readonly candidates: number };
  readonly exponentials?: number;
  readonly calls?: number;
  /** the same work this many times over, 1 when absent */
  readonly times?: number;
}

export interface Gather {
  readonly count: number;
  /** columns of the row read at once, up to 64 */
  readonly columns: number;
  /** shares served by the first, the second, the last cache; the rest comes from memory */
  readonly shares: readonly [number, number, number];
}

/** Seconds by cause, in the order of the list; `seconds` is their sum. */
export interface Prediction {
  readonly seconds: number;
  readonly parts: readonly { readonly cause: Cause; readonly seconds: number }[];
}

export type Cause =
  | 'arithmetic'
  | 'packing'
  | 'streams'
  | 'random rows'
  | 'selection'
  | 'exponentials'
  | 'row and call overhead';

/**
 * Predicted seconds. Causes add up, except that packing operands and streaming them are one pass, of which the slower
 * counts (a refinement of the roofline of Williams et al. 2009, which takes the larger of arithmetic and memory: kernels
 * here gather, multiply and select in turn, so little of one hides behind another).
 */
export function predict(rates: Rates, work: Work): Prediction {
  const { product, selection } = work;
  const streams = (work.streams ?? []).reduce(
    (sum, { busBytes, arrayBytes }) => sum + busBytes * streamSeconds(rates, arrayBytes),
    0,
  );
  const packing = (product?.packed ?? 0) * rates.product.secondsPerPacked;
  const rate = selection && rates[selection.kind];
  const causes: [Cause, number][] = [
    [
      'arithmetic',
      (product?.flops ?? 0) / rates.product.flopsPerSecond + (product?.outputs ?? 0) * rates.product.secondsPerOutput,
    ],
    ['packing', packing > streams ? packing : 0],
    ['streams', packing > streams ? 0 : streams],
    ['random rows', (work.gathers ?? []).reduce((sum, gather) => sum + gatherSeconds(rates, gather), 0)],
    ['selection', rate ? selection.scores * rate.secondsPerScore + selection.candidates * rate.secondsPerCandidate : 0],
    ['exponentials', (work.exponentials ?? 0) * rates.secondsPerExponential],
    ['row and call overhead', (work.rows ?? 0) * rates.rowSeconds + (work.calls ?? 0) * rates.callSeconds],
  ];
  const times = work.times ?? 1;
  const parts = causes
    .filter(([, seconds]) => seconds > 0)
    .map(([cause, seconds]) => ({ cause, seconds: times * seconds }));
  return { seconds: parts.reduce((sum, part) => sum + part.seconds, 0), parts };
}

/** Work done one after the other: predictions add up. */
export function together(predictions: readonly Prediction[]): Prediction {
  const sums = new Map<Cause, number>();
  for (const { parts } of predictions) {
    for (const { cause, seconds } of parts) sums.set(cause, (sums.get(cause) ?? 0) + seconds);
  }
  const parts = [...sums].map(([cause, seconds]) => ({ cause, seconds }));
  return { seconds: parts.reduce((sum, part) => sum + part.seconds, 0), parts };
}

/** Seconds per byte of a stream over arrays of so many bytes: between measured sizes by the logarithm of the size. */
export function streamSeconds({ streams }: Pick<Rates, 'streams'>, arrayBytes: number): number {
  const above = streams.findIndex((one) => one.arrayBytes >= arrayBytes);
  if (above === -1) return streams[streams.length - 1].secondsPerByte;
  if (above === 0) return streams[0].secondsPerByte;
  const [low, high] = [streams[above - 1], streams[above]];
  const share = Math.log(arrayBytes / low.arrayBytes) / Math.log(high.arrayBytes / low.arrayBytes);
  return low.secondsPerByte + share * (high.secondsPerByte - low.secondsPerByte);
}

/** Seconds of random rows: each level's cost at 16 and 64 columns, linear in the columns. */
export function gatherSeconds({ gathers }: Pick<Rates, 'gathers'>, { count, columns, shares }: Gather): number {
  const memory = Math.max(0, 1 - shares[0] - shares[1] - shares[2]);
  return [...shares, memory].reduce((sum, share, level) => {
    const { wide, narrow } = gathers[level];
    return sum + share * count * Math.max(narrow / 2, narrow + ((wide - narrow) * (columns - 16)) / 48);
  }, 0);
}
