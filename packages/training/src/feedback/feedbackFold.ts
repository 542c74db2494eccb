import type { RandomStreams } from '@agentmmrec/core';
import { buildInteractions, type Interactions, itemsOf } from '@agentmmrec/datasets';

/** A user gives an item to a fold only when enough others remain to rank from. */
export const fewestItems = 4;

/**
 * The feedback fold of a period (docs/method.md#feedback): one training item of every user who has at least four, drawn fresh per
 * period from a stream keyed by period and user. A function of training interactions, seed and period alone.
 */
export function feedbackFold(train: Interactions, streams: RandomStreams, period: number): Interactions {
  const userIds: number[] = [];
  const itemIds: number[] = [];
  for (let user = 0; user < train.users; user++) {
    const items = itemsOf(train, user);
    if (items.length < fewestItems) continue;
    userIds.push(user);
    itemIds.push(items[streams.stream('feedback fold', period, user).integer(items.length)]);
  }
  return buildInteractions(train.users, train.items, {
    userIds: Int32Array.from(userIds),
    itemIds: Int32Array.from(itemIds),
  });
}

/** The users a round looks at, ascending: those in the fold, or `budget` of them drawn from the period's stream. */
export function feedbackUsers(fold: Interactions, streams: RandomStreams, period: number, budget: number): Int32Array {
  const users: number[] = [];
  for (let user = 0; user < fold.users; user++) if (itemsOf(fold, user).length > 0) users.push(user);
  if (users.length <= budget) return Int32Array.from(users);
  return Int32Array.from(streams.stream('feedback users', period).sample(users, budget)).sort();
}
