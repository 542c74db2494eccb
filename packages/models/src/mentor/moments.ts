import type { Tape, Tensor } from '@agentmmrec/autograd';
import { pairsOf } from '../parts/losses/pairs.js';

/** |a - b| of the means, then of the variances, of all elements of each two tables: [1, 1] each. */
export function momentDistances(tape: Tape, tables: readonly Tensor[]): Tensor[] {
  const distance = (a: Tensor, b: Tensor) => tape.unary(tape.add(a, b, 1, -1), 'abs');
  return pairsOf(tables.map((table) => moments(tape, table))).flatMap(([a, b]) => [
    distance(a.mean, b.mean),
    distance(a.variance, b.variance),
  ]);
}

/** Mean and variance (divided by n - 1) of all elements, [1, 1] each. */
function moments(tape: Tape, x: Tensor): { mean: Tensor; variance: Tensor } {
  const all = tape.reshape(x, x.rows * x.cols, 1);
  return { mean: tape.columnMeans(all), variance: tape.columnVariances(all, { unbiased: true }) };
}
