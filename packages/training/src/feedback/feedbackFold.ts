import type { RandomStreams } from '@agentmmrec/core';
import { buildInteractions, type Interactions, itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { withoutInteractions } from '@agentmmrec/graphs';

/** A user gives items to the folds only when enough others remain to rank from. */
const fewestItems = 5;

/** What a feedback phase holds out of training, from its first epoch to its last. */
export interface FeedbackFolds {
  /** the users of the phase, ascending */
  readonly users: Int32Array;
  /** an item of each: what it is rewritten from (fold A) */
  readonly rewriting: Interactions;
  /** another item of each: what decides whether a rewrite stays (fold B) */
  readonly deciding: Interactions;
}

/**
 * The folds of a feedback phase (docs/method.md#feedback): two training items of each of `budget` users who have at least five. Nobody else
 * gives any: the phase trains on nearly all. A function of training interactions, seed, phase and budget alone.
 * @param phase tells phases apart that rewrite one memory in turn
 */
export function feedbackFolds(
  train: Interactions,
  streams: RandomStreams,
  phase: number,
  budget: number,
): FeedbackFolds {
  const able: number[] = [];
  for (let user = 0; user < train.users; user++) if (itemsOf(train, user).length >= fewestItems) able.push(user);
  const drawn = able.length <= budget ? able : streams.stream('feedback users', phase).sample(able, budget);
  const users = Int32Array.from(drawn).sort();
  const pairs = Array.from(users, (user) =>
    streams.stream('feedback folds', phase, user).sample([...itemsOf(train, user)], 2),
  );
  const fold = (place: number) =>
    buildInteractions(train.users, train.items, {
      userIds: users,
      itemIds: Int32Array.from(pairs, (pair) => pair[place]),
    });
  return { users, rewriting: fold(0), deciding: fold(1) };
}

/** The training data as the phase sees them: without both folds, which nothing that is judged on them may have seen. */
export function withoutFolds(training: TrainingData, { rewriting, deciding }: FeedbackFolds): TrainingData {
  return { ...training, train: withoutInteractions(withoutInteractions(training.train, rewriting), deciding) };
}
