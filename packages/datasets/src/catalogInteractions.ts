import type { RandomStreams } from '@agentmmrec/core';
import { attraction, type ItemTraits, type UserTaste } from './catalogTraits.js';

/** A shopper looks at this many items at most; it also bounds the work for large catalogs. */
const mostConsidered = 2000;

/**
 * What each user takes: the items of highest attraction plus Gumbel noise, which draws without replacement in proportion to
 * exp(attraction / noise). Counts vary by two around the mean, at least 5.
 * @returns item numbers per user, in random order
 */
export function drawInteractions(
  tastes: readonly UserTaste[],
  items: readonly ItemTraits[],
  settings: { readonly interactionsPerUser: number; readonly noise: number },
  random: RandomStreams,
): number[][] {
  const all = Int32Array.from(items, (_, item) => item);
  return tastes.map((taste, user) => {
    const stream = random.stream('interactions', user);
    const considered = items.length <= mostConsidered ? all : Int32Array.from(stream.sample(all, mostConsidered));
    const scores = Float64Array.from(considered, (item) => {
      const gumbel = -Math.log(-Math.log((stream.u32() + 0.5) / 2 ** 32));
      return attraction(taste, items[item]) + settings.noise * gumbel;
    });
    const wanted = Math.max(5, settings.interactionsPerUser - 2 + stream.integer(5));
    const order = Array.from(considered.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
    // The order of attraction would be a trace of the taste in the file.
    return stream.shuffle(order.slice(0, wanted).map((n) => considered[n]));
  });
}
