import { type Opening, readOpenings } from '@agentmmrec/datasets';
import { PreparedDatasets, type PreparedSummary } from './datasets.js';
import { Memories } from './memories.js';
import { Reports } from './reports.js';
import { Runs } from './runs.js';

/**
 * What a workspace holds, read only: no lock is taken and no file is written, so it can be looked at while others train or build.
 * A folder that is not there is an empty workspace.
 */
export class Workspace {
  readonly runs: Runs;
  readonly memories: Memories;
  readonly reports: Reports;
  private readonly prepared: PreparedDatasets;

  constructor(readonly path: string) {
    this.runs = new Runs(path);
    this.memories = new Memories(path);
    this.reports = new Reports(path);
    this.prepared = new PreparedDatasets(path);
  }

  /** The prepared data sets, by name. */
  datasets(): PreparedSummary[] {
    return this.prepared.list();
  }

  /** Each opening of a test split. */
  openings(): Opening[] {
    return readOpenings(this.path);
  }

  /** Lets go of open files. */
  close(): void {
    this.memories.close();
  }
}
