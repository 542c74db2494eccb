import type { Dataset, Interactions, ItemContent } from '../contract.js';
import { itemDegrees } from './interactions.js';
import { sparsityGroups } from './sparsityGroups.js';

/** Numbers that describe a data set; nothing in it comes from the content of the test split. */
export interface DatasetStats {
  readonly name: string;
  readonly source: string;
  readonly fingerprint: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: {
    readonly total: number;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  /** share of user-item pairs that are interactions, all splits */
  readonly density: number;
  readonly trainPerUser: Spread;
  readonly trainPerItem: Spread;
  /** users by number of training items, bounds of the field's sparsity studies */
  readonly sparsityGroups: readonly { readonly label: string; readonly users: number }[];
  readonly coldUsers: number;
  readonly coldItems: number;
  readonly duplicatesMerged: number;
  /** null without content */
  readonly content: ContentStats | null;
  readonly features: readonly { readonly modality: string; readonly width: number; readonly synthetic: boolean }[];
  readonly remarks: readonly string[];
}

/** How some counts are spread. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
}

/** How many items have what, and how long their text is in characters. */
export interface ContentStats {
  readonly titles: number;
  readonly brands: number;
  readonly categories: number;
  readonly descriptions: number;
  readonly images: number;
  readonly textCharacters: Spread;
}

/** Describes a data set without opening its test split. */
export function datasetStats(dataset: Dataset): DatasetStats {
  const { training, report } = dataset;
  const { train, validation, test } = report.interactions;
  const total = train + validation + test;
  const userDegrees = userDegreesOf(training.train);
  return {
    name: training.name,
    source: report.source,
    fingerprint: training.fingerprint,
    users: training.users,
    items: training.items,
    interactions: { total, train, validation, test },
    density: total / (training.users * training.items),
    trainPerUser: spread(userDegrees),
    trainPerItem: spread(itemDegrees(training.train)),
    sparsityGroups: sparsityGroups(training.train).map(({ label, userIds }) => ({ label, users: userIds.length })),
    coldUsers: report.coldUsers,
    coldItems: report.coldItems,
    duplicatesMerged: report.duplicatesMerged,
    content: contentStats(dataset),
    features: training.features.map(({ modality, matrix, synthetic }) => ({ modality, width: matrix.cols, synthetic })),
    remarks: report.remarks,
  };
}

function userDegreesOf(train: Interactions): Int32Array {
  return Int32Array.from({ length: train.users }, (_, user) => train.offsets[user + 1] - train.offsets[user]);
}

function contentStats({ training }: Dataset): ContentStats | null {
  const { content } = training;
  if (content === null) return null;
  const count = (has: (item: ItemContent) => boolean) => content.filter(has).length;
  return {
    titles: count((item) => item.title !== ''),
    brands: count((item) => item.brand !== ''),
    categories: count((item) => item.categories.length > 0),
    descriptions: count((item) => item.description !== ''),
    images: count((item) => item.imagePath !== null),
    textCharacters: spread(Int32Array.from(content, textCharactersOf)),
  };
}

/** Length of an item's words. */
export function textCharactersOf({ title, brand, categories, description }: ItemContent): number {
  return title.length + brand.length + categories.join(' ').length + description.length;
}

function spread(values: Int32Array): Spread {
  const sorted = values.slice().sort();
  const n = sorted.length;
  if (n === 0) return { min: 0, median: 0, mean: 0, max: 0 };
  const median = n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  return { min: sorted[0], median, mean: sorted.reduce((sum, value) => sum + value, 0) / n, max: sorted[n - 1] };
}
