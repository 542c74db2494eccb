import type { DatasetReport, Features, Interactions, ItemContent } from '../contract.js';
import { fingerprintOf } from './fingerprint.js';

/**
 * A data set with its test split still open: only readers, `prepareDataset` and this package's own checks hold one.
 * @internal
 */
export interface DatasetParts {
  readonly name: string;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly train: Interactions;
  readonly validation: Interactions;
  readonly test: Interactions;
  readonly content: readonly ItemContent[] | null;
  readonly imageDigests: readonly (string | null)[] | null;
  /** [items] where an image can be fetched from; null or absent when the source names no addresses */
  readonly imageUrls?: readonly (string | null)[] | null;
  readonly features: readonly Features[];
  /** of what training can see; taken once, where the parts are put together */
  readonly fingerprint: string;
  readonly report: DatasetReport;
}

/** The parts with their fingerprint. It reads all features, so it is taken once. */
export function withFingerprint(parts: Omit<DatasetParts, 'fingerprint'>): DatasetParts {
  return { ...parts, fingerprint: fingerprintOf(parts) };
}
