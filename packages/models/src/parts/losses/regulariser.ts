import type { Tape, Tensor } from '@agentmmrec/autograd';
import { real } from '@agentmmrec/core';
import type { Triple } from '../../contract/data.js';

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

/**
 * l2 / B times the norms (not their squares) of the given rows of a batch of B triples, each of the three as one vector, [1, 1]: what
 * MMRec's losses have. Its pull on a row is the smaller the longer all rows of the batch together are.
 */
export function normRegulariser(
  tape: Tape,
  { user, positive, negative }: Triple<Tensor>,
  batchSize: number,
  l2: number,
): Tensor {
  const [first, ...others] = [user, positive, negative].map((rows) =>
    tape.scale(tape.unary(tape.squaredNorm(rows), 'sqrt'), l2 / batchSize),
  );
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
