import type { RandomStream } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { usersOf } from '@agentmmrec/evaluation';

/** The interactions of `count` of the users who have any, drawn without replacement; all where there are no more, or for null. */
export function someUsers(interactions: Interactions, count: number | null, stream: RandomStream): Interactions {
  const users = usersOf(interactions);
  if (count === null || count >= users.length) return interactions;
  const offsets = new Int32Array(interactions.users + 1);
  const kept = new Set(stream.sample(Array.from(users), count));
  const rows: Int32Array[] = [];
  for (let user = 0; user < interactions.users; user++) {
    const [begin, end] = kept.has(user) ? [interactions.offsets[user], interactions.offsets[user + 1]] : [0, 0];
    rows.push(interactions.itemIds.subarray(begin, end));
    offsets[user + 1] = offsets[user] + end - begin;
  }
  const itemIds = new Int32Array(offsets[interactions.users]);
  rows.forEach((row, user) => {
    itemIds.set(row, offsets[user]);
  });
  return { ...interactions, offsets, itemIds };
}
