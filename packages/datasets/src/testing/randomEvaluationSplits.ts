import { RandomStreams } from '@agentmmrec/core';
import type { Dataset, Interactions } from '../contract.js';
import { buildInteractions, hasInteraction } from '../dataset/interactions.js';
import { sealTest } from '../dataset/sealedTest.js';

/**
 * The data set with validation and test replaced by random items: for every user one to three of each, outside training and
 * distinct. Nothing of the true splits enters. Whatever is made from training data must keep identical bits when it is
 * made from this instead; a difference is a leak.
 */
export function withRandomEvaluationSplits(dataset: Dataset, seed: number): Dataset {
  const { training } = dataset;
  const random = new RandomStreams(seed);
  const drawn = { validation: collector(), test: collector() };
  for (let user = 0; user < training.users; user++) {
    const stream = random.stream('random evaluation splits', user);
    const counts = [1 + stream.integer(3), 1 + stream.integer(3)];
    const items = drawOutside(training.train, user, counts[0] + counts[1], (n) => stream.integer(n));
    items.forEach((item, n) => {
      const part = n < counts[0] ? drawn.validation : drawn.test;
      part.userIds.push(user);
      part.itemIds.push(item);
    });
  }
  const build = ({ userIds, itemIds }: ReturnType<typeof collector>): Interactions =>
    buildInteractions(training.users, training.items, {
      userIds: Int32Array.from(userIds),
      itemIds: Int32Array.from(itemIds),
    });
  const validation = build(drawn.validation);
  const test = build(drawn.test);
  return {
    training,
    validation,
    // Random items hold no result: there is nothing to account for.
    test: sealTest(test, () => {}),
    report: {
      ...dataset.report,
      interactions: {
        train: dataset.report.interactions.train,
        validation: validation.itemIds.length,
        test: test.itemIds.length,
      },
      remarks: [...dataset.report.remarks, `validation and test are random, drawn from seed ${seed}`],
    },
  };
}

function collector(): { userIds: number[]; itemIds: number[] } {
  return { userIds: [], itemIds: [] };
}

/** Up to `count` distinct items the user does not have in training. */
function drawOutside(train: Interactions, user: number, count: number, integer: (n: number) => number): number[] {
  const drawn = new Set<number>();
  const free = train.items - (train.offsets[user + 1] - train.offsets[user]);
  const wanted = Math.min(count, free);
  while (drawn.size < wanted) {
    // From a random item to the next free one: ends even when almost everything is taken.
    let item = integer(train.items);
    while (drawn.has(item) || hasInteraction(train, user, item)) item = (item + 1) % train.items;
    drawn.add(item);
  }
  return [...drawn];
}
