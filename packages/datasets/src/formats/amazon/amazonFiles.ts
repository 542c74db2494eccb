import { AmrError } from '@agentmmrec/core';
import type { FolderFiles } from '../folderFiles.js';
import { itemIdOf, parseAmazonLine, userIdOf } from './amazonRecords.js';

/** The files of one category. */
export interface AmazonFiles {
  readonly category: string;
  /** `reviews_X_5.json.gz`, `X_5.json.gz`, `X.jsonl.gz`: one object a line; or `ratings_X.csv`, `X.csv` without a header */
  readonly interactions: string;
  readonly metadata: string | undefined;
  readonly imageFeatures: string | undefined;
}

/** Names that say enough, and those of any JSON file, whose first record has to say it too. */
const reviewPatterns = [
  /^reviews_(.+?)(?:_5)?\.json(?:\.gz)?$/,
  /^(?!meta_|reviews_|items\.|interactions\.|traits\.)(.+?)(?:_5)?\.jsonl?(?:\.gz)?$/,
];
const ratingPatterns = [/^ratings_(.+)\.csv(?:\.gz)?$/, /^(.+)\.csv(?:\.gz)?$/];
/** A rating without a header: two ids, a rating and a time, as both years distribute them. */
const ratingLine = /^[A-Za-z0-9_-]{2,40},[A-Za-z0-9_-]{2,40},[1-5](?:\.\d)?,\d{9,13}$/;

/** The category a file of reviews or ratings belongs to; undefined for any other file. */
export function reviewCategory(files: FolderFiles, fileName: string): string | undefined {
  const [own, others] = reviewPatterns.map((pattern) => pattern.exec(fileName)?.[1]);
  if (own !== undefined) return own;
  if (others !== undefined && beginsReviews(files.firstLine(fileName), fileName)) return others;
  const [ratings, bare] = ratingPatterns.map((pattern) => pattern.exec(fileName)?.[1]);
  return ratings ?? (bare !== undefined && ratingLine.test(files.firstLine(fileName)) ? bare : undefined);
}

export function holdsRatings(fileName: string): boolean {
  return /\.csv(\.gz)?$/.test(fileName);
}

/** Whether the first record is a review, and no item, click or configuration. A damaged one may be, by the name. */
function beginsReviews(line: string, fileName: string): boolean {
  const record = parseAmazonLine(line);
  if (record === null) return !fileName.endsWith('.json') || /"asin"/.test(line);
  return itemIdOf(record) !== null && userIdOf(record) !== null;
}

/**
 * Sorts the files of a folder. Of several files of one category the 5-core (`_5`) is taken before all reviews, and reviews
 * before bare ratings.
 * @throws AmrError input: several categories
 */
export function findAmazonFiles(files: FolderFiles): AmazonFiles {
  const { folder, names } = files;
  const reviews = names.filter((name) => reviewCategory(files, name) !== undefined);
  const categories = [...new Set(reviews.map((name) => reviewCategory(files, name) ?? ''))];
  if (categories.length !== 1) {
    throw new AmrError({
      what: folder,
      got: `reviews of ${categories.length} categories: ${categories.slice(0, 5).join(', ')}`,
      expected: 'one category',
      hint: 'name the file of reviews itself instead of its folder',
    });
  }
  const [category] = categories;
  const rank = (name: string) => (holdsRatings(name) ? 2 : /_5\.json/.test(name) ? 0 : 1);
  const named = (candidates: readonly string[]) => names.find((name) => candidates.includes(name));
  return {
    category,
    interactions: [...reviews].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0],
    metadata: named(['.json.gz', '.json', '.jsonl.gz', '.jsonl'].map((ending) => `meta_${category}${ending}`)),
    imageFeatures: named([`image_features_${category}.b`, `image_features_${category}.b.gz`]),
  };
}
