import { digest } from '@agentmmrec/core';
import type { Features, Interactions, ItemContent } from '../contract.js';

/** What training can see, and nothing else. */
export interface FingerprintSource {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly train: Interactions;
  readonly content: readonly ItemContent[] | null;
  /** SHA-256 of each item's image file, null where there is none; null without content */
  readonly imageDigests: readonly (string | null)[] | null;
  readonly features: readonly Features[];
}

/**
 * Digest of ids, training interactions, content and features. Images count by their bytes and not by their path, so that a
 * data set keeps its fingerprint when it is moved or prepared.
 */
export function fingerprintOf(source: FingerprintSource): string {
  return digest({
    userIds: source.userIds,
    itemIds: source.itemIds,
    offsets: source.train.offsets,
    trainItemIds: source.train.itemIds,
    content: source.content?.map(({ title, brand, categories, description }, item) => [
      title,
      brand,
      categories,
      description,
      source.imageDigests?.[item] ?? null,
    ]),
    features: source.features.map(({ modality, matrix, synthetic }) => [
      modality,
      synthetic,
      matrix.rows,
      matrix.cols,
      matrix.data,
    ]),
  });
}
