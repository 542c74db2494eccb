import type { Curve } from './rates/probes.js';
import type { Rates } from './rates/rates.js';

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
  /** output rows of propagations, up to 64 columns each, and the bytes touched before the same row comes again */
  readonly outputs?: readonly OutputRows[];
  readonly product?: { readonly flops: number; readonly outputs: number; readonly packed: number };
  readonly selection?: { readonly kind: 'ranking' | 'pairs'; readonly scores: number; readonly candidates: number };
  /** logits of InfoNCE, once per pass over them */
  readonly logits?: number;
  /** elements that Adam moves, and the bytes touched before the same ones come again */
  readonly adam?: { readonly elements: number; readonly arrayBytes: number };
  /** steps of elements whose rows waited, worked out in registers */
  readonly waiting?: { readonly elementSteps: number };
  /** rows of 64 columns copied out by id and added in by id, and the share of them that the last cache serves */
  readonly rowCopies?: { readonly gathered: number; readonly scattered: number; readonly cached: number };
  /** training positives shuffled and drawn negatives for */
  readonly positives?: number;
  /** ids put into order */
  readonly sortedIds?: number;
  readonly calls?: number;
  /** the same work this many times over, 1 when absent */
  readonly times?: number;
}

export interface OutputRows {
  readonly rows: number;
  readonly columns: number;
  readonly strided?: boolean;
  readonly arrayBytes: number;
}

export interface Gather {
  readonly count: number;
  /** columns of the row read at once, up to 64 */
  readonly columns: number;
  /** whether they are a part of longer rows */
  readonly strided?: boolean;
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
  | 'output rows'
  | 'selection'
  | 'logits'
  | 'Adam'
  | 'row copies'
  | 'host'
  | 'calls';

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
    [
      'Adam',
      (work.adam ? work.adam.elements * between(rates.adam, work.adam.arrayBytes) : 0) +
        (work.waiting?.elementSteps ?? 0) * rates.secondsPerWaitingStep,
    ],
    ['row copies', rowCopySeconds(rates, work.rowCopies)],
    ['random rows', (work.gathers ?? []).reduce((sum, gather) => sum + gatherSeconds(rates, gather), 0)],
    ['output rows', (work.outputs ?? []).reduce((sum, output) => sum + outputSeconds(rates, output), 0)],
    ['selection', rate ? selection.scores * rate.secondsPerScore + selection.candidates * rate.secondsPerCandidate : 0],
    ['logits', (work.logits ?? 0) * rates.secondsPerLogit],
    ['host', (work.positives ?? 0) * rates.secondsPerPositive + (work.sortedIds ?? 0) * rates.secondsPerSortedId],
    ['calls', (work.calls ?? 0) * rates.callSeconds],
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

/** Seconds per byte of a stream over arrays of so many bytes. */
export function streamSeconds({ streams }: Pick<Rates, 'streams'>, arrayBytes: number): number {
  return between(streams, arrayBytes);
}

function rowCopySeconds({ rowCopies }: Pick<Rates, 'rowCopies'>, work: Work['rowCopies']): number {
  if (!work) return 0;
  const { gathered, scattered, cached } = work;
  const mixed = (inCache: number, inMemory: number) => cached * inCache + (1 - cached) * inMemory;
  return (
    gathered * mixed(rowCopies.gatherCached, rowCopies.gatherMemory) +
    scattered * mixed(rowCopies.scatterCached, rowCopies.scatterMemory)
  );
}

/** Seconds of output rows; a narrower row costs in proportion, but no less than a quarter. */
function outputSeconds(
  { outputs }: Pick<Rates, 'outputs'>,
  { rows, columns, strided, arrayBytes }: OutputRows,
): number {
  const perRow = between(
    outputs.map((one) => ({ arrayBytes: one.arrayBytes, seconds: strided ? one.strided : one.wide })),
    arrayBytes,
  );
  return rows * perRow * Math.max(0.25, columns / 64);
}

/** Between measured sizes by the logarithm of the size; beyond them the nearest. */
function between(points: Curve, size: number): number {
  const above = points.findIndex(({ arrayBytes }) => arrayBytes >= size);
  if (above === -1) return points[points.length - 1].seconds;
  if (above === 0) return points[0].seconds;
  const [low, high] = [points[above - 1], points[above]];
  const part = Math.log(size / low.arrayBytes) / Math.log(high.arrayBytes / low.arrayBytes);
  return low.seconds + part * (high.seconds - low.seconds);
}

/** Seconds of random rows: each level's cost at 16 and 64 columns, linear in the columns. */
function gatherSeconds({ gathers }: Pick<Rates, 'gathers'>, { count, columns, strided, shares }: Gather): number {
  const memory = Math.max(0, 1 - shares[0] - shares[1] - shares[2]);
  return [...shares, memory].reduce((sum, share, level) => {
    const { narrow } = gathers[level];
    const wide = strided ? gathers[level].strided : gathers[level].wide;
    return sum + share * count * Math.max(narrow / 2, narrow + ((wide - narrow) * (columns - 16)) / 48);
  }, 0);
}
