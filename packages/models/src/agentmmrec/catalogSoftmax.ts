import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';
import { distinctIds } from '../parts/losses/contrast.js';

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
  const distinct = distinctIds(tape, pairs.users);
  const placeOf = new Map(Array.from(distinct, (user, place) => [user, place]));
  const places = Int32Array.from(tape.device.read(pairs.users), (user) => placeOf.get(user) ?? 0);
  const scores = tape.gemm(tape.gatherRows(users, tape.ints(distinct)), items, { transposeB: true });
  const normalisers = tape.gatherRows(tape.logSumExpRows(scores), tape.ints(places)); // [batch, 1]
  const positives = tape.rowDot(tape.gatherRows(users, pairs.users), tape.gatherRows(items, pairs.positives));
  return tape.mean(tape.add(normalisers, positives, 1, -1));
}
