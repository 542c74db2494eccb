import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import type { Csr } from '@agentmmrec/core';
import { type CoOccurrence, coOccurrence } from '@agentmmrec/graphs';
import type { PartContext } from '../../contract/model.js';

/**
 * The users who share most items with a user, [users, users]: in row u the k users with the highest counts of items in common,
 * weighted by the softmax of these counts (DualGNN eq. 9, 10). A user who shares items with fewer than k others has them again from
 * the first until there are k; the codes of DualGNN and COHESION draw the repeats at random each epoch. A user who shares none has an empty row.
 */
export function coOccurrenceGraph(context: PartContext, k: number): SparseMatrix {
  const { users, train } = context.data;
  return uploadSparse(context.device, softmaxOfCounts(coOccurrence(train, k), users, k));
}

/** Row u: the mean over the k users with most items in common with u, all of them where there are fewer; empty where there are none. */
export function coPurchaserGraph(context: PartContext, k: number): SparseMatrix {
  const { users, train } = context.data;
  const { offsets, userIds: indices } = coOccurrence(train, k);
  const values = new Float32Array(indices.length);
  for (let user = 0; user < users; user++) {
    values.fill(1 / (offsets[user + 1] - offsets[user]), offsets[user], offsets[user + 1]);
  }
  return uploadSparse(context.device, { rows: users, cols: users, offsets, indices, values });
}

/** Row u: the softmax over the counts of k places that go round the user's list; columns in the order of the list. */
function softmaxOfCounts({ offsets, userIds, counts }: CoOccurrence, users: number, k: number): Csr {
  const values = new Float32Array(userIds.length);
  for (let user = 0; user < users; user++) {
    const [start, end] = [offsets[user], offsets[user + 1]];
    const length = end - start;
    if (length === 0) continue;
    const highest = counts[start]; // lists come best first
    let total = 0;
    for (let at = 0; at < length; at++) {
      const places = Math.floor(k / length) + (at < k % length ? 1 : 0);
      values[start + at] = places * Math.exp(counts[start + at] - highest);
      total += values[start + at];
    }
    for (let at = start; at < end; at++) values[at] /= total;
  }
  return { rows: users, cols: users, offsets, indices: userIds, values };
}
