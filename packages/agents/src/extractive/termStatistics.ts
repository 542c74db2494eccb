import { type Interactions, itemsOf } from '@agentmmrec/datasets';

/** What the catalog and its training interactions say about one term. */
export interface TermStatistic {
  /** share of interactions whose item has the term, 0 to 1 */
  readonly share: number;
  /** share of items that have it */
  readonly itemShare: number;
  /**
   * How far a user's items agree on the term beyond chance: the intra-class correlation of "has the term" within users, 0 when
   * it is not significant. 0 means that the term says nothing about who buys the item, 1 that each user buys only items with it or only without it.
   */
  readonly agreement: number;
}

/** Terms of each item and their statistics. */
export interface TermIndex {
  /** [items] distinct term numbers of each item */
  readonly itemTerms: readonly Int32Array[];
  readonly terms: readonly string[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly statistics: readonly TermStatistic[];
}

/** Agreement counts from here on: of a thousand terms that say nothing, chance lets some six pass, and weakly. */
const significantDeviations = 2.5;

/**
 * Measures every term on the training interactions. For user u with n items of which c have a term of share p, the statistic
 * ((c - np)^2 - sum over the items of (x - p)^2) / (n - 1) is 0 on average when items are chosen regardless of the term, and
 * n rho p (1 - p) when they agree with correlation rho (the analysis-of-variance estimator, moments matched); its variance under chance is
 * 2 n / (n - 1) p^2 (1 - p)^2. Each user weighs by number of items. The estimate is lowered by one standard deviation.
 */
export function measureTerms(termsOfItems: readonly (readonly string[])[], train: Interactions): TermIndex {
  const { itemTerms, terms, numbers, itemCounts } = numberTerms(termsOfItems);
  const counts = new Float64Array(terms.length);
  let interactions = 0;
  for (const item of train.itemIds) {
    interactions++;
    for (const term of itemTerms[item]) counts[term]++;
  }
  const share = counts.map((count) => (interactions === 0 ? 0 : count / interactions));
  const { excess, repeatItems, chanceFactor } = withinUsers(itemTerms, share, train);
  const statistics = terms.map((_, term): TermStatistic => {
    const p = share[term];
    const itemShare = itemCounts[term] / Math.max(1, termsOfItems.length);
    const spread = p * (1 - p);
    const deviation = Math.sqrt(chanceFactor) * spread;
    const significant = deviation > 0 && excess[term] > significantDeviations * deviation;
    const agreement = significant ? Math.min(0.95, (excess[term] - deviation) / (repeatItems * spread)) : 0;
    return { share: p, itemShare, agreement };
  });
  return { itemTerms, terms, numbers, statistics };
}

function numberTerms(termsOfItems: readonly (readonly string[])[]) {
  const numbers = new Map<string, number>();
  const terms: string[] = [];
  const itemCounts: number[] = [];
  const itemTerms = termsOfItems.map((names) =>
    Int32Array.from(names, (name) => {
      let number = numbers.get(name);
      if (number === undefined) {
        number = terms.length;
        numbers.set(name, number);
        terms.push(name);
        itemCounts.push(0);
      }
      itemCounts[number]++;
      return number;
    }),
  );
  return { itemTerms, terms, numbers, itemCounts };
}

/** Sums of the statistic over users with at least two items. */
function withinUsers(itemTerms: readonly Int32Array[], share: Float64Array, train: Interactions) {
  const excess = new Float64Array(share.length);
  const found = new Int32Array(share.length);
  let repeatItems = 0;
  let chanceFactor = 0;
  for (let user = 0; user < train.users; user++) {
    const items = itemsOf(train, user);
    const n = items.length;
    if (n < 2) continue;
    repeatItems += n;
    chanceFactor += (2 * n) / (n - 1);
    const touched: number[] = [];
    for (const item of items) {
      for (const term of itemTerms[item]) if (found[term]++ === 0) touched.push(term);
    }
    for (const term of touched) {
      const [p, c] = [share[term], found[term]];
      const between = (c - n * p) ** 2;
      const within = c * (1 - p) ** 2 + (n - c) * p * p;
      // A user without the term contributes n p^2; that is added for everyone below, so it is taken off here.
      excess[term] += (between - within) / (n - 1) - n * p * p;
      found[term] = 0;
    }
  }
  for (let term = 0; term < share.length; term++) excess[term] += repeatItems * share[term] ** 2;
  return { excess, repeatItems, chanceFactor };
}

/** log of how much likelier the user's next item has the term, given that c of n seen ones have it (beta-binomial mean). */
export function preferenceStrength({ share, agreement }: TermStatistic, c: number, n: number): number {
  if (agreement === 0 || share === 0 || share === 1) return 0;
  const expected = share + ((c - n * share) * agreement) / (1 + (n - 1) * agreement);
  return Math.log(Math.max(expected, 1e-9) / share);
}

/** How much one shared term brings two items together: the square root, since a similarity multiplies it with itself. */
export function propertyStrength({ share, agreement }: TermStatistic): number {
  if (agreement === 0 || share === 0) return 0;
  return Math.sqrt(Math.log(1 + (agreement * (1 - share)) / share));
}
