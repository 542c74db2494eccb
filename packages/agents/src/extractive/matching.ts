import type { KnowledgeParts } from '@agentmmrec/core';
import type { RefinementInput } from '../reasoning/reasoner.js';
import { readTerms } from './weightedText.js';

type Terms = ReadonlyMap<string, number>;

/** How the refined order weighs shared properties, what buyers prefer, and similarity of the raw features; tuned on catalog seeds 1 and 2. */
const refineWeights = { properties: 1, buyers: 0.5, fused: 0.2 };

/** What was worked out about an object, kept while it lives: an item is a candidate of thousands of lists. */
class Remembered<Key extends object, Value> {
  private readonly values = new WeakMap<Key, Value>();

  constructor(private readonly workOut: (key: Key) => Value) {}

  of(key: Key): Value {
    const known = this.values.get(key);
    if (known !== undefined) return known;
    const value = this.workOut(key);
    this.values.set(key, value);
    return value;
  }
}

const propertyTerms = new Remembered(termsOf);
const propertyParts = new Remembered(partsOf);
const lengths = new Remembered((terms: Terms) => {
  let squares = 0;
  for (const strength of terms.values()) squares += strength * strength;
  return Math.sqrt(squares);
});

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
  return product === 0 ? 0 : product / (lengths.of(a) * lengths.of(b));
}

/** Candidates by overlap with the item's properties and with what its buyers prefer; ties by fused similarity, then lower id. */
export function refineByOverlap({ properties, candidates, buyerPreferences, k }: RefinementInput): number[] {
  const target = propertyTerms.of(properties);
  const buyers = buyerPreferences.map(termsOf);
  const scored = candidates.map(({ item, properties: own, fusedSimilarity }) => {
    const terms = propertyTerms.of(own);
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
 * The base order as a prior, the match as evidence: the chance that place p (from 0) holds the next item is taken to fall as
 * 1 / (p + 2), and each liked term that a candidate has makes it exp(strength) times as likely (`preferenceStrength`), part by
 * part. Terms come in company ("sci" with "fi") and the base order knows part of the same, so this may say too much: how far the
 * order is followed is weighed on validation where it is used (docs/method.md#reranking).
 */
export function rerankByMatch({
  preferences,
  candidates,
}: {
  readonly preferences: KnowledgeParts;
  readonly candidates: readonly { readonly item: number; readonly properties: KnowledgeParts }[];
}): number[] {
  const liked = partsOf(preferences);
  const evidence = (properties: KnowledgeParts): number => {
    const has = propertyParts.of(properties);
    let sum = 0;
    liked.forEach((terms, part) => {
      for (const [term, strength] of terms) if (has[part].has(term)) sum += strength;
    });
    return sum;
  };
  return candidates
    .map(({ item, properties }, position) => {
      return { item, position, score: evidence(properties) - Math.log(position + 2) };
    })
    .sort((a, b) => b.score - a.score || a.position - b.position)
    .map(({ item }) => item);
}

function partsOf({ text, visual, crossModal }: KnowledgeParts): readonly Terms[] {
  return [text, visual, crossModal].map((part) => readTerms(part ?? ''));
}
