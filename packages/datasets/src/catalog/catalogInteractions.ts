import type { RandomStream, RandomStreams } from '@agentmmrec/core';
import { attractionParts, type ItemTraits, type UserTaste } from './catalogTraits.js';

/** A shopper looks at this many items at most; it also bounds the work for large catalogs. */
export const mostConsidered = 2000;
/** Below this a 5-core would lose users. */
export const leastInteractions = 5;

interface ChoiceSettings {
  readonly interactionsPerUser: number;
  readonly activitySpread: number;
  readonly popularity: number;
  readonly noise: number;
}

/**
 * What each user takes: the items of highest attraction plus Gumbel noise, which draws without replacement in proportion to
 * exp(attraction / noise) (Yellott 1977). Counts vary by two around the mean, or as a log-normal number of that mean where a
 * spread is asked for; at least 5.
 * @returns item numbers per user, in random order
 */
export function drawInteractions(
  tastes: readonly UserTaste[],
  items: readonly ItemTraits[],
  settings: ChoiceSettings,
  random: RandomStreams,
): Int32Array[] {
  const all = new Considered(items.length);
  const parts = attractionParts(items, settings.popularity);
  return tastes.map((taste, user) => {
    const stream = random.stream('interactions', user);
    const considered = all.draw(stream);
    const words = considered.map(() => stream.u32());
    const count = Math.min(considered.length, drawCount(settings, stream));
    const best = mostAttractive({ considered, words, attractionOf: parts.of(taste), noise: settings.noise, count });
    // The order of attraction would be a trace of the taste in the file.
    return stream.shuffle(best.map((n) => considered[n]));
  });
}

/** How many items a user takes. */
function drawCount(
  { interactionsPerUser: mean, activitySpread: spread }: ChoiceSettings,
  stream: RandomStream,
): number {
  const count =
    spread === 0
      ? mean - 2 + stream.integer(5)
      : Math.round(mean * Math.exp(spread * stream.normal() - spread ** 2 / 2));
  return Math.max(leastInteractions, count);
}

/** All items, or for a large shop a sample of them, drawn anew for each user without copying the shop. */
class Considered {
  private readonly pool: Int32Array;
  private readonly swapped: Int32Array;

  constructor(items: number) {
    this.pool = Int32Array.from({ length: items }, (_, item) => item);
    this.swapped = new Int32Array(items > mostConsidered ? mostConsidered : 0);
  }

  /** Equal to `stream.sample` of all items: a Fisher-Yates shuffle cut short, taken back after the copy. */
  draw(stream: RandomStream): Int32Array {
    const { pool, swapped } = this;
    if (swapped.length === 0) return pool;
    for (let n = 0; n < swapped.length; n++) {
      swapped[n] = n + stream.integer(pool.length - n);
      swap(pool, n, swapped[n]);
    }
    const drawn = pool.slice(0, swapped.length);
    for (let n = swapped.length - 1; n >= 0; n--) swap(pool, n, swapped[n]);
    return drawn;
  }
}

function swap(values: Int32Array, a: number, b: number): void {
  const held = values[a];
  values[a] = values[b];
  values[b] = held;
}

/** Gumbel noise of 32 random bits. */
function gumbelOf(word: number): number {
  return -Math.log(-Math.log((word + 0.5) / 2 ** 32));
}

const bucketBits = 10;
/** No word with these leading bits gives more noise; the margin covers what a logarithm may be off in its last bit. */
const mostNoise = Float64Array.from(
  { length: 2 ** bucketBits },
  (_, bucket) => gumbelOf((bucket + 1) * 2 ** (32 - bucketBits) - 1) + 1e-9,
);

interface Choice {
  readonly considered: Int32Array;
  /** [considered] random bits of each, as int32 */
  readonly words: Int32Array;
  readonly attractionOf: (item: number) => number;
  readonly noise: number;
  readonly count: number;
}

/**
 * Positions of the `count` items of highest attraction plus noise, largest first, ties to the lower position. Few items can come
 * among the best; of the others the noise need not be computed.
 */
function mostAttractive({ considered, words, attractionOf, noise, count }: Choice): Int32Array {
  const best = new Int32Array(count);
  const scores = new Float64Array(count);
  let found = 0;
  for (let n = 0; n < considered.length; n++) {
    const attraction = attractionOf(considered[n]);
    const word = words[n] >>> 0;
    if (found === count && attraction + noise * mostNoise[word >>> (32 - bucketBits)] <= scores[count - 1]) continue;
    const score = attraction + noise * gumbelOf(word);
    if (found === count && score <= scores[count - 1]) continue;
    let at = found < count ? found++ : count - 1;
    for (; at > 0 && scores[at - 1] < score; at--) {
      best[at] = best[at - 1];
      scores[at] = scores[at - 1];
    }
    best[at] = n;
    scores[at] = score;
  }
  return best;
}
