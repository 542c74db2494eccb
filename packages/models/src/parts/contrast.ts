import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';

/** The distinct ids of a batch, ascending, and for each its own place: the target of a contrast. Both live until the step ends. */
export interface DistinctIds {
  readonly ids: Ints;
  readonly targets: Ints;
}

/** The ids of a batch without repetitions: an item that occurs twice is no negative of itself. */
export function distinctIds(tape: Tape, ids: Ints): DistinctIds {
  const distinct = Int32Array.from(new Set(tape.device.read(ids))).sort();
  return { ids: tape.ints(distinct), targets: tape.ints(distinct.map((_, place) => place)) };
}

/**
 * [1, 1]: InfoNCE over a batch (van den Oord et al. 2018, eq. 4): the unit row of an entity in one view a [entities, d] against the
 * unit rows of all distinct entities of the batch in the other, b [entities, d], divided by the temperature.
 */
export function contrast(tape: Tape, a: Tensor, b: Tensor, { ids, targets }: DistinctIds, temperature: number): Tensor {
  const [rowsA, rowsB] = [a, b].map((view) => tape.normalizeRows(tape.gatherRows(view, ids)));
  return tape.infonce(rowsA, rowsB, targets, temperature);
}
