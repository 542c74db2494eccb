/** Counts that the source or the field's papers state for a public data set; what we counted ourselves says so. */
export interface PublishedCounts {
  readonly dataset: string;
  /** name, category or folder by which the data is recognised, in lower case */
  readonly knownAs: readonly string[];
  /** before or after the filters */
  readonly counted: 'as read' | 'after 5-core';
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly source: string;
}

const multimodal = 'the AgentMMRec paper, table 3';

/** Amazon 2014, 5-core, and MovieLens: what a right preparation must find. */
export const publishedCounts: readonly PublishedCounts[] = [
  {
    dataset: 'Amazon 2014 Baby',
    knownAs: ['baby'],
    counted: 'after 5-core',
    users: 19_445,
    items: 7_050,
    interactions: 160_792,
    source: multimodal,
  },
  {
    dataset: 'Amazon 2014 Sports and Outdoors',
    knownAs: ['sports', 'sports_and_outdoors'],
    counted: 'after 5-core',
    users: 35_598,
    items: 18_357,
    interactions: 296_337,
    source: multimodal,
  },
  {
    dataset: 'Amazon 2014 Clothing, Shoes and Jewelry',
    knownAs: ['clothing', 'clothing_shoes_and_jewelry'],
    counted: 'after 5-core',
    users: 39_387,
    items: 23_033,
    interactions: 278_677,
    source: multimodal,
  },
  {
    dataset: 'MovieLens latest small (2018)',
    knownAs: ['ml-latest-small'],
    counted: 'as read',
    users: 610,
    items: 9_724,
    interactions: 100_836,
    // The README counts 9,742 movies; that 18 of them have no rating was counted on a copy, not published.
    source: "users and ratings: the data set's README; items: its 9,742 movies less 18 without a rating, counted by us",
  },
  {
    dataset: 'MovieLens 25M (2019)',
    knownAs: ['ml-25m'],
    counted: 'as read',
    users: 162_541,
    items: 59_047,
    interactions: 25_000_095,
    source:
      "users and ratings: the data set's README; items: those of its 62,423 movies that have a rating, as others report",
  },
];

/** The published counts of a data set, by any of the names it goes by. */
export function findPublishedCounts(...names: readonly string[]): PublishedCounts | undefined {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return publishedCounts.find(({ knownAs }) => knownAs.some((name) => wanted.has(name)));
}
