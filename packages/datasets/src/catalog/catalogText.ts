import type { RandomStream } from '@agentmmrec/core';
import type { ItemTraits } from './catalogTraits.js';
import {
  categories,
  colourSentences,
  colours,
  distractingSentences,
  fillerAdjectives,
  fillerSentences,
  fillerTitleEndings,
  materialSentences,
  materials,
  patternSentences,
  priceSentences,
} from './catalogVocabulary.js';

/** The words of an item, and which traits they give away. */
export interface CatalogText {
  readonly title: string;
  readonly brand: string;
  readonly categories: readonly string[];
  readonly description: string;
  /** traits stated in words; brand and category have their own fields */
  readonly stated: readonly ('brand' | 'material' | 'colour' | 'pattern' | 'priceTier')[];
}

/** How often a trait is put into words. What is left out can be seen in the image, or learned from who buys the item. */
export const statedShare = { brand: 0.85, material: 0.85, colour: 0.25, pattern: 0.2, priceTier: 0.7 };

/** Writes title and description: the traits that are stated, filler, and sentences about other things, in random order. */
export function writeText(item: ItemTraits, stream: RandomStream): CatalogText {
  const pick = <T>(values: readonly T[]): T => values[stream.integer(values.length)];
  const says = (share: number) => stream.uniform() < share;
  const { nouns, path } = categories[item.category];
  const noun = pick(nouns);
  const given: CatalogText['stated'][number][] = [];
  const sentences = stream.sample(fillerSentences, 3 + stream.integer(4)) as string[];
  const state = (trait: (typeof given)[number], sentence: string) => {
    if (!says(statedShare[trait])) return;
    given.push(trait);
    sentences.push(sentence);
  };
  state('material', pick(materialSentences).replace('*', item.material));
  state('colour', pick(colourSentences).replace('*', item.colour));
  state('pattern', pick(patternSentences).replace('*', item.pattern));
  state('priceTier', pick(priceSentences[item.priceTier]));
  const others = [...materials, ...Object.keys(colours)].filter(
    (word) => word !== item.material && word !== item.colour,
  );
  for (const other of stream.sample(others, stream.integer(3))) {
    sentences.push(pick(distractingSentences).replace('*', other));
  }
  const brandStated = says(statedShare.brand);
  if (brandStated) given.push('brand');
  return {
    title: writeTitle(noun, brandStated ? item.brand : '', stream),
    brand: brandStated ? item.brand : '',
    categories: path,
    description: stream.shuffle(sentences).join(' '),
    stated: given,
  };
}

function writeTitle(noun: string, brand: string, stream: RandomStream): string {
  const pick = <T>(values: readonly T[]): T => values[stream.integer(values.length)];
  const adjective = pick(fillerAdjectives);
  const ending = pick(fillerTitleEndings);
  const forms = [
    `${brand} ${adjective} ${noun}`,
    `${adjective} ${noun}, ${ending}`,
    `${noun} ${brand} - ${ending}`,
    `${brand}: the ${adjective} ${noun} (${ending})`,
    `the ${adjective} ${pick(fillerAdjectives)} ${noun}`,
  ];
  const title = pick(forms)
    .replace(/\s+/g, ' ')
    .replace(/^[\s:]+/, '')
    .trim();
  return title[0].toUpperCase() + title.slice(1);
}
