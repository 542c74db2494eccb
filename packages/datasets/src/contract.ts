import type { Matrix } from '@agentmmrec/core';

/** Who bought what: item ids of user u, ascending, no duplicates, at [offsets[u], offsets[u + 1]). */
export interface Interactions {
  readonly users: number;
  readonly items: number;
  /** [users + 1] int32 */
  readonly offsets: Int32Array;
  /** [count] int32 */
  readonly itemIds: Int32Array;
}

/** What is known of an item in words and pictures. Missing parts are empty, never invented. */
export interface ItemContent {
  readonly title: string;
  readonly brand: string;
  /** from the root of the taxonomy to the leaf */
  readonly categories: readonly string[];
  readonly description: string;
  /** absolute path of an image file inside the data set's folder, or null */
  readonly imagePath: string | null;
  /** words for what its image vector is like, where there is no picture; made in the run, never part of the data */
  readonly lookWords?: readonly string[];
}

/** Ready-made item features of one modality. */
export interface Features {
  /** `text`, `image`, `audio`, or the file's own name */
  readonly modality: string;
  /** [items, width] float32 */
  readonly matrix: Matrix;
  /** true when drawn from a seed and not measured on real content; reports are then stamped synthetic */
  readonly synthetic: boolean;
}

/** All that training, agents and graphs may see. There is no way from here to validation or test interactions. */
export interface TrainingData {
  readonly name: string;
  readonly users: number;
  readonly items: number;
  /** the data set's own ids, [users] and [items] */
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly train: Interactions;
  /** [items], or null when the data set has no content */
  readonly content: readonly ItemContent[] | null;
  readonly features: readonly Features[];
  /** digest of ids, training interactions, content and features; changes when any of them does (not with validation or test) */
  readonly fingerprint: string;
}

/** A data set as loaded: what may be trained on, what selects, and the sealed rest. */
export interface Dataset {
  readonly training: TrainingData;
  /** for selection only: the trainer's early stop and `evaluate` read it */
  readonly validation: Interactions;
  readonly test: SealedTest;
  readonly report: DatasetReport;
}

/** What was found and done while reading. */
export interface DatasetReport {
  readonly source: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: { readonly train: number; readonly validation: number; readonly test: number };
  readonly duplicatesMerged: number;
  /** users without training items: kept, scored from what they have */
  readonly coldUsers: number;
  readonly coldItems: number;
  /** what the source held before filters, and the name it gives itself */
  readonly read?: {
    readonly name: string;
    /** the format that was found: `mmrec`, `amazon`, ... */
    readonly format?: string;
    readonly users: number;
    readonly items: number;
    readonly interactions: number;
  };
  /** rows of the source that did not become interactions, by reason */
  readonly dropped?: readonly { readonly reason: string; readonly rows: number }[];
  /** further counted facts, each one sentence */
  readonly remarks: readonly string[];
}

/** The test split. It can be read only by `open`, which the final evaluation calls and which reports the opening. */
export interface SealedTest {
  readonly interactionCount: number;
  /**
   * The test interactions. The opening is written down first; where that fails, nothing is given out.
   * @param purpose written to the opening log: who opens it and why
   */
  open(purpose: string): Interactions;
}
