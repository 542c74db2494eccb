import type { Dataset, DatasetReport, Features, Interactions, ItemContent } from './contract.js';
import { fingerprintOf } from './fingerprint.js';
import { recordOpening } from './openings.js';
import { sealTest } from './sealedTest.js';

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
  readonly report: DatasetReport;
}

/** Closes the test split: every opening is written to the workspace's log first. */
export function sealDataset(parts: DatasetParts, workspace: string): Dataset {
  const { name, userIds, itemIds, train, validation, test, content, features, report } = parts;
  const fingerprint = fingerprintOf(parts);
  return {
    training: {
      name,
      users: userIds.length,
      items: itemIds.length,
      userIds,
      itemIds,
      train,
      content,
      features,
      fingerprint,
    },
    validation,
    test: sealTest(test, (purpose) =>
      recordOpening(workspace, {
        openedAtMs: Date.now(),
        dataset: name,
        fingerprint,
        purpose,
        interactions: test.itemIds.length,
      }),
    ),
    report,
  };
}
