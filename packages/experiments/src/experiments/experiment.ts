import type { DatasetComparison } from '../datasetComparison.js';
import type { SharedSettings, Study } from '../study.js';

/** A table over one data set and several training seeds. */
export interface Experiment {
  readonly name: string;
  /** one sentence for the help */
  readonly summary: string;
  /** Trains and compares the rows. */
  run(study: Study, seeds: readonly number[], settings: SharedSettings): Promise<DatasetComparison>;
}
