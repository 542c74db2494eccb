import type { Dataset } from '@agentmmrec/datasets';
import { expect, test } from '@jest/globals';
import { plannedCalls } from './plannedCalls.js';

test('a data set is looked at once for all runs of a plan', () => {
  let looks = 0;
  const training = {
    users: 3,
    items: 4,
    get content() {
      looks++;
      return null;
    },
  };
  const dataset = { training } as unknown as Dataset;
  const calls = plannedCalls(dataset, null);
  expect(calls).toMatchObject({ refining: 4, reranking: 3 });
  expect(plannedCalls(dataset, null)).toBe(calls);
  expect(looks).toBe(1);
});
