import type { RandomStreams } from '@agentmmrec/core';
import type { Pairs } from '../dataset/interactions.js';
import { splitLabel } from './split.js';

/**
 * Item cold start (Zhang et al. 2021, "Mining latent structures for multimedia recommendation", section 4.3): a fifth of the
 * items is drawn, half of it for validation and half for test, and all interactions of these items leave training. Truth is
 * cold items only; all items are ranked. A user who took nothing but cold items has no training items.
 * @returns label of each pair: items of validation and test appear in no other split
 */
export function splitItemColdStart(items: number, pairs: Pairs, random: RandomStreams): Uint8Array {
  const taken = new Uint8Array(items);
  for (const item of pairs.itemIds) taken[item] = 1;
  const candidates = Int32Array.from({ length: items }, (_, item) => item).filter((item) => taken[item] === 1);
  const drawn = random.stream('cold items').shuffle(candidates);
  const cold = Math.floor(drawn.length / 5);
  const validation = Math.floor(cold / 2);
  const labelOf = new Uint8Array(items);
  for (let n = 0; n < cold; n++) labelOf[drawn[n]] = n < validation ? splitLabel.validation : splitLabel.test;
  return Uint8Array.from(pairs.itemIds, (item) => labelOf[item]);
}
