import { AmrError } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from './bipartite.js';
import { forCoOccurrences } from './forCoOccurrences.js';

/** For each user the users with most items in common, best first: neighbours of user u at [offsets[u], offsets[u + 1]). */
export interface CoOccurrence {
  /** [users + 1] */
  readonly offsets: Int32Array;
  /** neighbours, at most k a user; a user who shares no item with anybody has none */
  readonly userIds: Int32Array;
  /** items in common, at least 1 */
  readonly counts: Int32Array;
}

/**
 * Exact user-user co-occurrence, the k users with most common training items each, ties to the lower id: what the field keeps in
 * `user_graph_dict.npy` (DRAGON; Zhou et al. 2023, "Enhancing dyadic relations with homogeneous graphs", section 3.2). One row
 * of counts is held at a time, so memory is that of the result and one number a user; work is the number of shared pairs.
 * @throws AmrError input: k below 1
 */
export function coOccurrence(interactions: Interactions, k: number): CoOccurrence {
  if (!Number.isInteger(k) || k < 1) {
    throw new AmrError({
      what: 'coOccurrence, k',
      got: String(k),
      expected: 'a whole number from 1',
      hint: 'the field uses 10 to 40',
    });
  }
  const { users } = interactions;
  const found = {
    offsets: new Int32Array(users + 1),
    userIds: new Int32Array(users * k),
    counts: new Int32Array(users * k),
  };
  let end = 0;
  forCoOccurrences(interactionMatrix(interactions), (user, others, counts) => {
    end += selectMost(others, counts, k, found, end);
    found.offsets[user + 1] = end;
  });
  return { offsets: found.offsets, userIds: found.userIds.slice(0, end), counts: found.counts.slice(0, end) };
}

/** Writes the k candidates of the highest counts from `start` on, best first, ties to the lower id. @returns how many */
function selectMost(
  candidates: Int32Array,
  counts: Int32Array,
  k: number,
  target: { readonly userIds: Int32Array; readonly counts: Int32Array },
  start: number,
): number {
  let length = 0;
  for (const candidate of candidates) {
    const count = counts[candidate];
    const comesBefore = (at: number) =>
      count > target.counts[at] || (count === target.counts[at] && candidate < target.userIds[at]);
    if (length === k && !comesBefore(start + k - 1)) continue;
    let at = start + (length < k ? length++ : k - 1);
    for (; at > start && comesBefore(at - 1); at--) {
      target.userIds[at] = target.userIds[at - 1];
      target.counts[at] = target.counts[at - 1];
    }
    target.userIds[at] = candidate;
    target.counts[at] = count;
  }
  return length;
}
