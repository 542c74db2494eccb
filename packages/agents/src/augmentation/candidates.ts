import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import { cosineItems } from '@agentmmrec/graphs';

/** How many candidates a question about edges shows: as many as the source's code. */
export const CANDIDATES = 10;
const NEIGHBOURS = 100;

/**
 * The items that a user does not have with the highest sums of cosines to those of the user, best first, ties to the lower id: what item
 * neighbours of the training interactions recommend, in place of the trained recommender of the source. Fewer where fewer have any.
 */
export function edgeCandidates(train: Interactions, count = CANDIDATES): (user: number) => number[] {
  const { offsets, indices, values } = cosineItems(train, { k: NEIGHBOURS, shrinkage: 0 });
  const scores = new Float64Array(train.items);
  return (user) => {
    const own = itemsOf(train, user);
    const touched = new Set<number>();
    for (const item of own) {
      for (let e = offsets[item]; e < offsets[item + 1]; e++) {
        scores[indices[e]] += values?.[e] ?? 1;
        touched.add(indices[e]);
      }
    }
    for (const item of own) touched.delete(item);
    const best = [...touched].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, count);
    scores.fill(0);
    return best;
  };
}
