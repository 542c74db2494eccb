import { AmrError } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';

/**
 * The interactions without those of a fold (feedback folds are absent from the propagation graph while they are out).
 * @throws AmrError internal when the fold is of other users and items, or holds a pair that is not there
 */
export function withoutInteractions(interactions: Interactions, fold: Interactions): Interactions {
  const { users, items, offsets, itemIds } = interactions;
  if (fold.users !== users || fold.items !== items) {
    throw foldError(`${fold.users} users and ${fold.items} items`, `${users} users and ${items} items`);
  }
  const kept = new Int32Array(Math.max(0, itemIds.length - fold.itemIds.length));
  const keptOffsets = new Int32Array(users + 1);
  let at = 0;
  for (let user = 0; user < users; user++) {
    let out = fold.offsets[user];
    const outEnd = fold.offsets[user + 1];
    for (let e = offsets[user]; e < offsets[user + 1]; e++) {
      if (out < outEnd && fold.itemIds[out] === itemIds[e]) out++;
      else kept[at++] = itemIds[e];
    }
    if (out < outEnd)
      throw foldError(`pair (${user}, ${fold.itemIds[out]})`, 'pairs of the interactions, items ascending');
    keptOffsets[user + 1] = at;
  }
  return { users, items, offsets: keptOffsets, itemIds: kept };
}

function foldError(got: string, expected: string): AmrError {
  return new AmrError({
    what: 'fold taken out of interactions',
    got,
    expected,
    hint: 'draw folds from the training interactions of the same data set',
    kind: 'internal',
  });
}
