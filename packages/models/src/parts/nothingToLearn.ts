import type { Sweeps } from '../contract/recommender.js';

/** The one sweep of a model that only looks at the interactions: what it ranks by is counted when it is built. */
export const nothingToLearn: Sweeps = {
  count: 1,
  // biome-ignore lint/correctness/useYield: there is nothing to interrupt
  *sweep() {
    return null;
  },
};
