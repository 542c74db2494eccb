import type { RandomStream } from '@agentmmrec/core';
import {
  brands,
  type CatalogCategory,
  type CatalogColour,
  type CatalogPattern,
  categories,
  colours,
  type PriceTier,
  patterns,
  priceTiers,
} from './catalogVocabulary.js';

/** What an item of the synthetic catalog is. Only the generator and evaluations of knowledge know it. */
export interface ItemTraits {
  readonly category: CatalogCategory;
  readonly brand: string;
  readonly material: string;
  readonly colour: CatalogColour;
  readonly pattern: CatalogPattern;
  readonly priceTier: PriceTier;
  /** attraction to everyone, standard normal */
  readonly popularity: number;
}

/** What a user of the synthetic catalog looks for. */
export interface UserTaste {
  readonly categories: readonly CatalogCategory[];
  readonly brands: readonly string[];
  readonly materials: readonly string[];
  readonly colours: readonly CatalogColour[];
  readonly patterns: readonly CatalogPattern[];
  readonly priceTier: PriceTier;
  /** share of attention on looks (colour, pattern); the rest goes to words (brand, material, price) */
  readonly eye: number;
}

function keysOf<K extends string>(record: Record<K, unknown>): K[] {
  return Object.keys(record) as K[];
}

const categoryNames = keysOf(categories);
const colourNames = keysOf(colours);

export function drawItemTraits(stream: RandomStream): ItemTraits {
  const pick = <T>(values: readonly T[]): T => values[stream.integer(values.length)];
  const category = pick(categoryNames);
  return {
    category,
    brand: pick(brands),
    material: pick(categories[category].materials),
    colour: pick(colourNames),
    pattern: pick(patterns),
    priceTier: pick(priceTiers),
    popularity: stream.normal(),
  };
}

/**
 * Tastes are combinations of independent likes, so there are far more kinds of user than users: neighbours in interactions
 * alone are hard to find, shared likes are not.
 */
export function drawUserTaste(stream: RandomStream): UserTaste {
  const soft = categories.shirt.materials;
  const firm = categories.mug.materials;
  return {
    categories: stream.sample(categoryNames, 4),
    brands: stream.sample(brands, 3),
    materials: [...stream.sample(firm, 1), ...stream.sample(soft, 1)],
    colours: stream.sample(colourNames, 2),
    patterns: stream.sample(patterns, 1),
    priceTier: priceTiers[stream.integer(priceTiers.length)],
    eye: 0.3 + 0.4 * stream.uniform(),
  };
}

/**
 * How strongly each like pulls, in units of the noise: no single trait explains a choice, and chance decides often enough that a
 * few interactions do not give a user away.
 */
const pull = {
  category: 1.25,
  brand: 1.85,
  material: 1.85,
  price: 0.6,
  colour: 2.45,
  pattern: 1.55,
  pair: 0.75,
  popularity: 0.3,
};

/** The attraction of an item to a user before noise: likes it meets, and a bonus for the liked colour of a liked brand. */
export function attraction(taste: UserTaste, item: ItemTraits): number {
  const has = (list: readonly string[], value: string) => (list.includes(value) ? 1 : 0);
  const colour = has(taste.colours, item.colour);
  const brand = has(taste.brands, item.brand);
  const looks = pull.colour * colour + pull.pattern * has(taste.patterns, item.pattern);
  const words =
    pull.brand * brand +
    pull.material * has(taste.materials, item.material) +
    pull.price * (taste.priceTier === item.priceTier ? 1 : 0);
  return (
    pull.category * has(taste.categories, item.category) +
    2 * taste.eye * looks +
    2 * (1 - taste.eye) * words +
    pull.pair * colour * brand +
    pull.popularity * item.popularity
  );
}
