import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';

/** The distinct ids of a batch, ascending, and for each its own place: the target of a contrast. Both live until the step ends. */
export interface DistinctIds {
  readonly ids: Ints;
  readonly targets: Ints;
}

/** The ids of a batch without repetitions: an item that occurs twice is no negative of itself. */
export function distinctIds(tape: Tape, ids: Ints): DistinctIds {
  const distinct = sortedDistinct(tape, ids);
  return { ids: tape.ints(distinct), targets: tape.ints(distinct.map((_, place) => place)) };
}

/**
 * [1, 1]: mean over pairs (user, positive) of log sum_j exp(u . j) - u . positive, j over all items: the cross entropy of the positives
 * under a softmax over the catalog. The sum is made once for each distinct user; it holds [distinct users, items] numbers.
 * @param pairs ids of users and of their positives, [batch] each
 */
export function catalogSoftmax(
  tape: Tape,
  { users, items }: Represented<Tensor>,
  pairs: { readonly users: Ints; readonly positives: Ints },
): Tensor {
  const distinct = sortedDistinct(tape, pairs.users);
  const placeOf = new Map(Array.from(distinct, (user, place) => [user, place]));
  const places = Int32Array.from(tape.device.read(pairs.users), (user) => placeOf.get(user) ?? 0);
  const scores = tape.gemm(tape.gatherRows(users, tape.ints(distinct)), items, { transposeB: true });
  const normalisers = tape.gatherRows(tape.logSumExpRows(scores), tape.ints(places)); // [batch, 1]
  const positives = tape.rowDot(tape.gatherRows(users, pairs.users), tape.gatherRows(items, pairs.positives));
  return tape.mean(tape.add(normalisers, positives, 1, -1));
}

function sortedDistinct(tape: Tape, ids: Ints): Int32Array {
  return Int32Array.from(new Set(tape.device.read(ids))).sort();
}

/**
 * [1, 1]: InfoNCE over a batch (van den Oord et al. 2018, eq. 4): the unit row of an entity in one view a [entities, d] against the
 * unit rows of all distinct entities of the batch in the other, b [entities, d], divided by the temperature.
 */
export function contrast(tape: Tape, a: Tensor, b: Tensor, { ids, targets }: DistinctIds, temperature: number): Tensor {
  const [rowsA, rowsB] = [a, b].map((view) => tape.normalizeRows(tape.gatherRows(view, ids)));
  return tape.infonce(rowsA, rowsB, targets, temperature);
}
