import { AmrError } from '@agentmmrec/core';
import type { FolderFiles } from '../folderFiles.js';
import { itemIdOf, parseAmazonLine, userIdOf } from './amazonRecords.js';

/** The files of one category. */
export interface AmazonFiles {
  readonly category: string;
  /** `reviews_X_5.json.gz`, `X_5.json.gz`, `X.jsonl.gz`: one object a line; or `ratings_X.csv`, `X.csv` without a header */
  readonly interactions: string;
  /** training, validation and test, where the ratings lie so; `interactions` is the first of them */
  readonly parts: readonly string[] | null;
  readonly metadata: string | undefined;
  readonly imageFeatures: string | undefined;
}

/** Names that say enough, and those of any JSON file, whose first record has to say it too. */
const reviewPatterns = [
  /^reviews_(.+?)(?:_5)?\.json(?:\.gz)?$/,
  /^(?!meta_|reviews_|items\.|interactions\.|traits\.)(.+?)(?:_5)?\.jsonl?(?:\.gz)?$/,
];
const ratingPatterns = [/^ratings_(.+)\.csv(?:\.gz)?$/, /^(.+)\.csv(?:\.gz)?$/];
/** The header of ratings of 2023; its three parts, as that collection splits them, have it too. */
const ratingHeader = /^user_id,parent_asin,rating,timestamp(,history)?$/;
const partPattern = /^(.+)\.(train|valid|test)\.csv(?:\.gz)?$/;
/** A rating without a header: two ids, a rating and a time, as both years distribute them. */
const ratingLine = /^[A-Za-z0-9_-]{2,40},[A-Za-z0-9_-]{2,40},[1-5](?:\.\d)?,\d{9,13}$/;

/** The category a file of reviews or ratings belongs to; undefined for any other file. */
export function reviewCategory(files: FolderFiles, fileName: string): string | undefined {
  const [own, others] = reviewPatterns.map((pattern) => pattern.exec(fileName)?.[1]);
  if (own !== undefined) return own;
  if (others !== undefined && beginsReviews(files.firstLine(fileName), fileName)) return others;
  const [ratings, bare] = ratingPatterns.map((pattern) => pattern.exec(fileName)?.[1]);
  if (bare !== undefined && ratingHeader.test(files.firstLine(fileName)))
    return partPattern.exec(fileName)?.[1] ?? bare;
  return ratings ?? (bare !== undefined && ratingLine.test(files.firstLine(fileName)) ? bare : undefined);
}

export function hasHeader(firstLine: string): boolean {
  return ratingHeader.test(firstLine);
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
  const parts = partsOf(folder, reviews);
  const named = (candidates: readonly string[]) => names.find((name) => candidates.includes(name));
  return {
    category,
    interactions: parts?.[0] ?? [...reviews].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0],
    parts,
    metadata: named(['.json.gz', '.json', '.jsonl.gz', '.jsonl'].map((ending) => `meta_${category}${ending}`)),
    imageFeatures: named([`image_features_${category}.b`, `image_features_${category}.b.gz`]),
  };
}

/** The three parts of a split category. @throws AmrError input: some of them without the others */
function partsOf(folder: string, reviews: readonly string[]): readonly string[] | null {
  const found = reviews.filter((name) => partPattern.test(name));
  if (found.length === 0 || found.length < reviews.length) return null;
  const parts = ['train', 'valid', 'test'].map((part) => found.filter((name) => partPattern.exec(name)?.[2] === part));
  if (parts.every(({ length }) => length === 1)) return parts.flat();
  throw new AmrError({
    what: folder,
    got: `of a split category ${found.join(', ')}`,
    expected: 'one file each of train, valid and test',
    hint: 'copy the missing files too, or name the one file to read and split',
  });
}
