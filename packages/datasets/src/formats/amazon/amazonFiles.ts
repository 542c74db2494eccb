import { AmrError } from '@agentmmrec/core';

/** The files of one category. */
export interface AmazonFiles {
  readonly category: string;
  /** `reviews_X_5.json.gz`, `X_5.json.gz`, `X.jsonl.gz`: one object a line; or `ratings_X.csv` without a header */
  readonly interactions: string;
  readonly metadata: string | undefined;
  readonly imageFeatures: string | undefined;
}

const reviewPatterns = [
  /^reviews_(.+?)(?:_5)?\.json(?:\.gz)?$/,
  /^(?!meta_|reviews_)(.+?)(?:_5)?\.json\.gz$/,
  /^(?!meta_|items\.|traits\.)(.+?)(?:_5)?\.jsonl(?:\.gz)?$/,
  /^ratings_(.+)\.csv(?:\.gz)?$/,
];

/** The category a file of reviews or ratings belongs to; undefined for any other file. */
export function reviewCategory(fileName: string): string | undefined {
  for (const pattern of reviewPatterns) {
    const category = pattern.exec(fileName)?.[1];
    if (category !== undefined) return category;
  }
  return undefined;
}

/**
 * Sorts the files of a folder. Of several files of one category the 5-core (`_5`) is taken before all reviews, and reviews
 * before bare ratings.
 * @throws AmrError input: several categories
 */
export function findAmazonFiles(folder: string, fileNames: readonly string[]): AmazonFiles {
  const reviews = fileNames.filter((name) => reviewCategory(name) !== undefined);
  const categories = [...new Set(reviews.map((name) => reviewCategory(name) ?? ''))];
  if (categories.length !== 1) {
    throw new AmrError({
      what: folder,
      got: `reviews of ${categories.length} categories: ${categories.slice(0, 5).join(', ')}`,
      expected: 'one category',
      hint: 'name the file of reviews itself instead of its folder',
    });
  }
  const [category] = categories;
  const rank = (name: string) => (name.startsWith('ratings_') ? 2 : /_5\.json/.test(name) ? 0 : 1);
  const named = (candidates: readonly string[]) => fileNames.find((name) => candidates.includes(name));
  return {
    category,
    interactions: [...reviews].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0],
    metadata: named(['.json.gz', '.json', '.jsonl.gz', '.jsonl'].map((ending) => `meta_${category}${ending}`)),
    imageFeatures: named([`image_features_${category}.b`, `image_features_${category}.b.gz`]),
  };
}
