import { AmrError, type RandomStream } from '@agentmmrec/core';

/** Where an option may lie. `values` are tried as they are; between `low` and `high` a draw is even in the logarithm where `log`. */
export type Range =
  | { readonly values: readonly (number | string | boolean)[] }
  | { readonly low: number; readonly high: number; readonly log?: boolean; readonly whole?: boolean };

/** Ranges by the name of the option: of the model, or of training (`learningRate`, `batchSize`). */
export type SearchSpace = Readonly<Record<string, Range>>;

export type Candidate = Readonly<Record<string, number | string | boolean>>;

/** How many points of a continuous range a grid takes. */
const GRID_POINTS = 3;

/** Every combination, the last name varying fastest; continuous ranges at three even points. */
export function gridOf(space: SearchSpace): Candidate[] {
  return Object.entries(space).reduce<Candidate[]>(
    (partial, [name, range]) => partial.flatMap((one) => pointsOf(range).map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** `count` different draws; fewer where the space has no more. */
export function drawsOf(space: SearchSpace, count: number, stream: RandomStream): Candidate[] {
  const found = new Map<string, Candidate>();
  for (let attempt = 0; attempt < 50 * count && found.size < count; attempt++) {
    const drawn = Object.fromEntries(Object.entries(space).map(([name, range]) => [name, drawOf(range, stream)]));
    found.set(JSON.stringify(drawn), drawn);
  }
  return [...found.values()];
}

function pointsOf(range: Range): readonly (number | string | boolean)[] {
  if ('values' in range) return range.values;
  checkRange(range);
  return Array.from({ length: GRID_POINTS }, (_, n) => between(range, n / (GRID_POINTS - 1)));
}

function drawOf(range: Range, stream: RandomStream): number | string | boolean {
  if ('values' in range) return range.values[stream.integer(range.values.length)];
  checkRange(range);
  return between(range, stream.uniform());
}

function between({ low, high, log, whole }: Exclude<Range, { values: unknown }>, share: number): number {
  const value = log ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low))) : low + share * (high - low);
  return whole ? Math.round(value) : Number(value.toPrecision(3));
}

function checkRange({ low, high, log }: Exclude<Range, { values: unknown }>): void {
  if (low <= high && (!log || low > 0)) return;
  throw new AmrError({
    what: 'a range of a search',
    got: `from ${low} to ${high}${log ? ', in the logarithm' : ''}`,
    expected: log ? '0 < low <= high' : 'low <= high',
    hint: 'correct the range where it is declared',
  });
}
