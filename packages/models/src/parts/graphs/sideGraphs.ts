import { type SparseMatrix, uploadSparse } from '@agentmmrec/autograd';
import { type Csr, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { Represented } from '../../contract/data.js';

/**
 * The two halves of the user-item graph, each row divided by the root of its count (Wei et al. 2023, "MMSSL", eq. 1): users from
 * their items [users, items], items from their users [items, users].
 */
export function sideGraphs(device: Device, interactions: Interactions): Represented<SparseMatrix> {
  const ofUsers = interactionMatrix(interactions);
  const upload = (a: Csr) => uploadSparse(device, overRootOfCount(a));
  return { users: upload(ofUsers), items: upload(transpose(ofUsers)) };
}

function overRootOfCount(a: Csr): Csr {
  const values = new Float32Array(a.indices.length);
  for (let row = 0; row < a.rows; row++) {
    const [start, end] = [a.offsets[row], a.offsets[row + 1]];
    values.fill(1 / Math.sqrt(end - start), start, end);
  }
  return { ...a, values };
}

/** The items of each user from lists [users, k], best first, as interactions; what is below 0 is an empty place. */
export function listedInteractions(lists: ArrayLike<number>, users: number, items: number): Interactions {
  const k = lists.length / users;
  const offsets = new Int32Array(users + 1);
  const itemIds = new Int32Array(lists.length);
  let at = 0;
  for (let user = 0; user < users; user++) {
    for (let place = user * k; place < (user + 1) * k; place++) if (lists[place] >= 0) itemIds[at++] = lists[place];
    itemIds.subarray(offsets[user], at).sort();
    offsets[user + 1] = at;
  }
  return { users, items, offsets, itemIds: itemIds.slice(0, at) };
}
