import type { KnowledgeParts } from '@agentmmrec/memory';
import type { RefinementInput, RerankInput } from '../reasoner.js';
import { readTerms } from './weightedText.js';

type Terms = ReadonlyMap<string, number>;

/** How the refined order weighs shared properties, what buyers prefer, and similarity of the raw features; tuned on catalog seeds 1 and 2. */
const refineWeights = { properties: 1, buyers: 0.5, fused: 0.2 };
/** Share of the match in a reranked order, the rest being the base order; tuned on catalog seeds 1 and 2. */
const matchShare = 0.5;

/** Kept while their owners live: an item is a candidate of thousands of lists, and a bag is compared with many others. */
const propertyTerms = new WeakMap<KnowledgeParts, Terms>();
const lengths = new WeakMap<Terms, number>();

/** The terms of an item's properties, read once. */
function termsOfProperties(properties: KnowledgeParts): Terms {
  const known = propertyTerms.get(properties);
  if (known) return known;
  const terms = termsOf(properties);
  propertyTerms.set(properties, terms);
  return terms;
}

/** All parts of an entry as one bag of weighted terms. */
export function termsOf(parts: KnowledgeParts): Terms {
  const all = new Map<string, number>();
  for (const part of [parts.text, parts.visual, parts.crossModal]) {
    if (part === null) continue;
    for (const [term, strength] of readTerms(part)) all.set(term, (all.get(term) ?? 0) + strength);
  }
  return all;
}

/** Cosine of two bags, 0 when one is empty. */
export function overlap(a: Terms, b: Terms): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let product = 0;
  for (const [term, strength] of small) product += strength * (large.get(term) ?? 0);
  return product === 0 ? 0 : product / (length(a) * length(b));
}

function length(terms: Terms): number {
  const known = lengths.get(terms);
  if (known !== undefined) return known;
  let squares = 0;
  for (const strength of terms.values()) squares += strength * strength;
  const root = Math.sqrt(squares);
  lengths.set(terms, root);
  return root;
}

/** Candidates by overlap with the item's properties and with what its buyers prefer; ties by fused similarity, then lower id. */
export function refineByOverlap({ properties, candidates, buyerPreferences, k }: RefinementInput): number[] {
  const target = termsOfProperties(properties);
  const buyers = buyerPreferences.map(termsOf);
  const scored = candidates.map(({ item, properties: own, fusedSimilarity }) => {
    const terms = termsOfProperties(own);
    const liked = buyers.reduce((sum, buyer) => sum + overlap(buyer, terms), 0) / Math.max(1, buyers.length);
    const score =
      refineWeights.properties * overlap(target, terms) +
      refineWeights.buyers * liked +
      refineWeights.fused * fusedSimilarity;
    return { item, score };
  });
  return scored
    .sort((a, b) => b.score - a.score || a.item - b.item)
    .slice(0, k)
    .map(({ item }) => item);
}

/**
 * The base order blended with the overlap of preferences and properties. Both sides are standardised over the list, so neither
 * depends on its scale.
 */
export function rerankByMatch({ preferences, candidates }: RerankInput): number[] {
  const liked = termsOf(preferences);
  const matches = candidates.map(({ properties }) => overlap(liked, termsOfProperties(properties)));
  const base = candidates.map((_, position) => -Math.log2(position + 2));
  const [match, order] = [standardised(matches), standardised(base)];
  return candidates
    .map(({ item }, position) => ({
      item,
      position,
      score: matchShare * match[position] + (1 - matchShare) * order[position],
    }))
    .sort((a, b) => b.score - a.score || a.position - b.position)
    .map(({ item }) => item);
}

function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (deviation === 0 ? 0 : (value - mean) / deviation));
}
