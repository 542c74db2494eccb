import type { Knowledge, Matrix } from '@agentmmrec/core';
import type { Features, Interactions } from '@agentmmrec/datasets';
import type { Ints } from '@agentmmrec/kernels';

/** What a model is built from. Training interactions only: there is no field that leads to validation or test. */
export interface ModelData {
  readonly users: number;
  readonly items: number;
  readonly train: Interactions;
  readonly features: readonly Features[];
  readonly knowledge: Knowledge | null;
  /** where what is made of features is kept from run to run; absent: it is made anew */
  readonly keep?: KeepMatrix | undefined;
}

/** What a kept matrix is made from: see `ArtifactKey`. */
export interface KeptFrom {
  readonly stage: string;
  readonly stageVersion: number;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The matrix that `make` makes (null: that there is none), found where it was made before from equal inputs. */
export type KeepMatrix = (from: KeptFrom, make: () => Matrix | null) => Matrix | null;

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
