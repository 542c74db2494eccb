import type { Tape, Tensor } from '@agentmmrec/autograd';
import { real } from '@agentmmrec/core';
import type { Triple } from '../contract/data.js';

/** The `l2` option of `bpr`, `lightgcn` and `vbpr`; each header gives the validation results behind its default. */
export function l2Option(byDefault: number) {
  return real(byDefault, {
    min: 0,
    help: 'weight of the squared L2 norm of the batch rows over twice the batch size',
  });
}

/** l2 / (2 B) times the squared L2 norm of the given ego rows of a batch of B triples, [1, 1] (docs/definitions.md#regulariser). */
export function egoRegulariser(
  tape: Tape,
  { user, positive, negative }: Triple<Tensor>,
  batchSize: number,
  l2: number,
): Tensor {
  const [first, ...others] = [user, positive, negative].map((row) => tape.squaredNorm(row, l2 / (2 * batchSize)));
  return tape.total([first, ...others]);
}

/** Mean of the squares of all elements of the given rows of one block, [1, 1] (docs/definitions.md#regulariser). */
export function meanSquare(tape: Tape, rows: readonly [Tensor, ...Tensor[]]): Tensor {
  const elements = rows.reduce((count, row) => count + row.rows * row.cols, 0);
  const [first, ...others] = rows.map((row) => tape.squaredNorm(row, 1 / elements));
  return tape.total([first, ...others]);
}

/** The `l2` option of models whose code takes means of squares instead of sums. */
export function l2MeanOption(byDefault: number) {
  return real(byDefault, { min: 0, help: 'weight of the mean squares that the source regularises' });
}
