import type { Interactions, SealedTest } from './contract.js';

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
