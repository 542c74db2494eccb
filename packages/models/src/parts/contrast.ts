import type { Tape, Tensor } from '@agentmmrec/autograd';

/**
 * [1, 1]: InfoNCE of each unit row of a [n, d] against all unit rows of b [n, d], its own the positive (van den Oord et al. 2018,
 * eq. 4). In one direction.
 */
export function infonceOfRows(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  return inBatchInfonce(tape, tape.normalizeRows(a), tape.normalizeRows(b), temperature);
}

/** As `infonceOfRows`, of the rows as they come. */
export function inBatchInfonce(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  const own = tape.ints(Int32Array.from({ length: a.rows }, (_, row) => row));
  return tape.infonce(a, b, own, temperature);
}
