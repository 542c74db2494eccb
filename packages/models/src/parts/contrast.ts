import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';

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

/** That of two views [entities, d] over the distinct entities of a batch: one that occurs twice is no negative of itself. */
export function infonceOfEntities(tape: Tape, a: Tensor, b: Tensor, ids: Ints, temperature: number): Tensor {
  const distinct = tape.ints(distinctIds(tape, ids));
  return infonceOfRows(tape, tape.gatherRows(a, distinct), tape.gatherRows(b, distinct), temperature);
}

/** The ids of a batch without repetitions, ascending. */
export function distinctIds(tape: Tape, ids: Ints): Int32Array {
  return Int32Array.from(new Set(tape.device.read(ids))).sort();
}
