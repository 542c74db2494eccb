import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import { stacked } from '../tables.js';

/**
 * [1, 1]: InfoNCE of each unit row of a [n, d] against all unit rows of b [n, d], its own the positive (van den Oord et al. 2018,
 * eq. 4). In one direction.
 */
export function infonceOfRows(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  return inBatchInfonce(tape, tape.normalizeRows(a), tape.normalizeRows(b), temperature);
}

/** As `infonceOfRows`, of the rows as they come. */
export function inBatchInfonce(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  return tape.infonce(a, b, null, temperature);
}

/** That of two views [entities, d] over the distinct entities of a batch: one that occurs twice is no negative of itself. */
export function infonceOfEntities(tape: Tape, a: Tensor, b: Tensor, ids: Ints, temperature: number): Tensor {
  const { ids: distinct, count } = tape.distinct(ids);
  const [own, other] = [a, b].map((view) => tape.normalizeRows(tape.gatherRows(view, distinct)));
  return tape.infonce(own, other, null, temperature, count);
}

/**
 * [1, 1]: mean over the entities of a batch of the InfoNCE of their unit rows, as `rowsOf` makes them, against all unit rows of b [entities, d], their
 * own the positive. One that the batch has several times is reckoned once.
 */
export function infonceAgainstAll(
  tape: Tape,
  rowsOf: (ids: Ints) => Tensor,
  b: Tensor,
  ids: Ints,
  temperature: number,
): Tensor {
  const { ids: distinct, places } = tape.distinct(ids);
  return tape.mean(tape.gatherRows(tape.infonceRows(rowsOf(distinct), b, distinct, temperature), places));
}

/**
 * [1, 1]: mean over the rows i of -log(exp(a_i . b_i / t) / (sum_j exp(a_i . b_j / t) + sum_j!=i exp(a_i . a_j / t))) of unit rows of
 * two views [n, d]: the other rows of both views are the negatives (Zhu et al. 2020, "GRACE", eq. 1). In one direction; never holds [n, n].
 */
export function infonceOfBothViews(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  const [ownView, other] = [tape.normalizeRows(a), tape.normalizeRows(b)];
  const both = stacked(tape, [other, ownView]); // [2 n, d]
  const losses = tape.infonceRows(ownView, both, null, temperature); // [n, 1], each row itself among its negatives
  const positives = tape.rowDot(ownView, other);
  const itself = tape.add(tape.rowDot(ownView, ownView), positives, 1 / temperature, -1 / temperature);
  const share = tape.unary(tape.add(itself, losses, 1, -1), 'exp'); // of the row itself in the sum
  return tape.mean(tape.add(losses, tape.unary(tape.unary(tape.scale(share, -1), 'shift', 1), 'log')));
}

/** The ids of a batch without repetitions, ascending. */
export function distinctIds(tape: Tape, ids: Ints): Int32Array {
  return Int32Array.from(new Set(tape.device.read(ids))).sort();
}
