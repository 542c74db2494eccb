import type { Dataset, Interactions, SealedTest } from '../contract.js';
import type { DatasetParts } from './datasetParts.js';
import { recordOpening } from './openings.js';

/**
 * The test split behind a private field: no property, serialisation, spread or inspection leads to the interactions, only
 * `open`, and `open` reports before it gives them out.
 */
class Sealed implements SealedTest {
  readonly interactionCount: number;
  readonly #interactions: Interactions;
  readonly #report: (purpose: string) => void;

  constructor(interactions: Interactions, report: (purpose: string) => void) {
    this.interactionCount = interactions.itemIds.length;
    this.#interactions = interactions;
    this.#report = report;
  }

  open(purpose: string): Interactions {
    this.#report(purpose);
    return this.#interactions;
  }
}

/**
 * Seals test interactions. `report` is called with the purpose before each opening; when it throws, nothing is opened.
 */
export function sealTest(interactions: Interactions, report: (purpose: string) => void): SealedTest {
  return new Sealed(interactions, report);
}

/** Closes the test split: every opening is written to the workspace's log first. */
export function sealDataset(parts: DatasetParts, workspace: string): Dataset {
  const { name, userIds, itemIds, train, validation, test, content, features, fingerprint, report } = parts;
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
