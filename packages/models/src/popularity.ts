import { defineModel } from './contract/model.js';
import { hostScores } from './parts/hostScores.js';
import { nothingToLearn } from './parts/nothingToLearn.js';

/**
 * Every user gets the items with most training interactions, ties to the lower id: the row that a table needs to show what knowing
 * nothing of a user is worth.
 *
 * Source: the `TopPopular` of Cremonesi et al. 2010, "Performance of recommender algorithms on top-N recommendation tasks", section 3.1.
 */
export const popularity = defineModel({
  name: 'popularity',
  source: 'Cremonesi et al. 2010, RecSys, section 3.1',
  needs: [],
  options: {},
  tuning: {},
  build: ({ data, device }) => {
    const counts = new Float32Array(data.items);
    for (const item of data.train.itemIds) counts[item]++;
    return {
      parameters: {},
      sweeps: nothingToLearn,
      scores: () => hostScores(device, data.items, (_, row) => row.set(counts)),
    };
  },
});
