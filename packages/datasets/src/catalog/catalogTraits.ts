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
export const pull = {
  category: 1.25,
  brand: 1.85,
  material: 1.85,
  price: 0.6,
  colour: 2.45,
  pattern: 1.55,
  pair: 0.75,
  popularity: 0.3,
} as const;

/** The traits of all items as numbers, from which the attraction of each to a user follows without comparing words. */
export interface AttractionParts {
  /**
   * The attraction of item n to a user before noise: likes it meets, and a bonus for the liked colour of a liked brand. Looks
   * count by the user's eye, words by the rest.
   */
  of(taste: UserTaste): (item: number) => number;
}

/** @param popularity pull of an item's popularity with everyone */
export function attractionParts(items: readonly ItemTraits[], popularity: number): AttractionParts {
  const category = numbered(items, ({ category }) => category);
  const brand = numbered(items, ({ brand }) => brand);
  const material = numbered(items, ({ material }) => material);
  const price = numbered(items, ({ priceTier }) => priceTier);
  const colour = numbered(items, ({ colour }) => colour);
  const pattern = numbered(items, ({ pattern }) => pattern);
  const popular = Float64Array.from(items, (item) => popularity * item.popularity);
  return {
    of(taste) {
      const likes = {
        category: category.likes(taste.categories),
        brand: brand.likes(taste.brands),
        material: material.likes(taste.materials),
        price: price.likes([taste.priceTier]),
        colour: colour.likes(taste.colours),
        pattern: pattern.likes(taste.patterns),
      };
      const { eye } = taste;
      return (item) => {
        const likedColour = likes.colour[colour.of[item]];
        const likedBrand = likes.brand[brand.of[item]];
        const looks = pull.colour * likedColour + pull.pattern * likes.pattern[pattern.of[item]];
        const words =
          pull.brand * likedBrand +
          pull.material * likes.material[material.of[item]] +
          pull.price * likes.price[price.of[item]];
        return (
          pull.category * likes.category[category.of[item]] +
          2 * eye * looks +
          2 * (1 - eye) * words +
          pull.pair * likedColour * likedBrand +
          popular[item]
        );
      };
    },
  };
}

/** A trait as a number for each item, and a list of liked words as 0 or 1 for each number. */
function numbered(items: readonly ItemTraits[], trait: (item: ItemTraits) => string) {
  const numbers = new Map<string, number>();
  const of = Uint8Array.from(items, (item) => {
    const word = trait(item);
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  });
  return {
    of,
    likes: (liked: readonly string[]) => Uint8Array.from(numbers.keys(), (word) => (liked.includes(word) ? 1 : 0)),
  };
}
