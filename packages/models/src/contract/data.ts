import type { Knowledge } from '@agentmmrec/core';
import type { Features, Interactions } from '@agentmmrec/datasets';
import type { Ints } from '@agentmmrec/kernels';

/** What a model is built from. Training interactions only: there is no field that leads to validation or test. */
export interface ModelData {
  readonly users: number;
  readonly items: number;
  readonly train: Interactions;
  readonly features: readonly Features[];
  readonly knowledge: Knowledge | null;
}

/** Users of a step, [batch], on the device. */
export interface UserBatch {
  readonly users: Ints;
  readonly size: number;
}

/** One optimiser step's triples, [batch] each, on the device. */
export interface Batch extends UserBatch {
  readonly positives: Ints;
  readonly negatives: Ints;
  /** which step of its epoch it is for; default: the first, 0 */
  readonly step?: number;
}

/** Something for all users and something for all items. */
export interface Represented<T> {
  readonly users: T;
  readonly items: T;
}

/** Something for each part of a batch's triples. */
export interface Triple<T> {
  readonly user: T;
  readonly positive: T;
  readonly negative: T;
}
