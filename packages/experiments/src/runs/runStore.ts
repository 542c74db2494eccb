import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, makeFolders, writeFileAtomic } from '@agentmmrec/core';
import type { FailedRun, FinishedRun } from './finishedRun.js';
import type { KeptRuns } from './keptRuns.js';
import { packRecord, unpackRecord } from './packedRecord.js';
import { type PlannedRun, runId, stateId } from './runSpec.js';

/** How runs of one model on one data set went, for forecasts. */
export interface HistoryEntry {
  readonly fingerprint: string;
  /** what `workOf` says of it */
  readonly model: string;
  readonly kind: string;
  readonly epochs: number;
  /** that it was to train at most; absent in older entries */
  readonly plannedEpochs?: number;
  readonly secondsPerEpoch: number | null;
  /** with the start of its process and the reading of the data */
  readonly wallSeconds: number;
  readonly peakRssBytes: number;
}

/**
 * Results by the address of their run, under `<workspace>/experiments`: `runs/<id>` holds what was asked and what came of it,
 * `states/<id>` a checkpoint and a memory to go on from. A result is whole or absent.
 */
export class RunStore {
  readonly root: string;

  /** @param kept finished runs of other workspaces, which also get what is finished here */
  constructor(
    workspace: string,
    private readonly kept: KeptRuns | null = null,
  ) {
    this.root = join(workspace, 'experiments');
  }

  /** Where a run keeps what was asked and what came of it. */
  folderOf(run: Pick<PlannedRun, 'spec'>): string {
    return join(this.root, 'runs', runId(run));
  }

  /** Where the training of a run is saved. */
  checkpointOf(run: Pick<PlannedRun, 'spec'>): string {
    return join(this.root, 'states', stateId(run), 'checkpoint.amr');
  }

  /** The memory that a run rewrites or fills: its own copy. */
  memoryOf(run: Pick<PlannedRun, 'spec'>): string {
    return this.memoryAt(stateId(run));
  }

  /** The memory that a state holds. */
  memoryAt(state: string): string {
    return join(this.root, 'states', state, 'memory.sqlite');
  }

  /** Whether a state holds a memory. */
  hasMemory(state: string): boolean {
    return existsSync(this.memoryAt(state));
  }

  /** Writes what is asked; the process that does the run reads it. */
  ask(run: PlannedRun): string {
    const path = join(this.folderOf(run), 'run.json');
    writeFileAtomic(path, `${JSON.stringify(run, null, 2)}\n`);
    return path;
  }

  /** @throws AmrError input: no such run */
  asked(id: string): PlannedRun {
    const path = join(this.root, 'runs', id, 'run.json');
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as PlannedRun;
    const known = existsSync(join(this.root, 'runs')) ? readdirSync(join(this.root, 'runs')) : [];
    throw new AmrError({
      what: `run ${id}`,
      got: `no such run in ${this.root}`,
      expected: known.length > 0 ? `one of its ${known.length} runs, such as ${known[0]}` : 'a run of a plan',
      hint: 'addresses of runs stand in the JSON beside a page',
    });
  }

  /** Addresses of all runs that were ever asked for, sorted. */
  ids(): string[] {
    const folder = join(this.root, 'runs');
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  /** Why a run failed, or null. */
  failed(run: Pick<PlannedRun, 'spec'>): FailedRun | null {
    const path = join(this.folderOf(run), 'failure.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as FailedRun) : null;
  }

  /** What a finished run left, here or among the kept ones, or null. */
  finished(run: PlannedRun): FinishedRun | null {
    const own = this.ownFinished(run);
    if (own) this.kept?.keep(run, own);
    return own ?? this.kept?.finished(run) ?? null;
  }

  private ownFinished(run: PlannedRun): FinishedRun | null {
    const path = join(this.folderOf(run), 'result.json');
    if (!existsSync(path)) return null;
    const { record, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as FinishedRun & { record: unknown };
    return { ...rest, record: record === null ? null : unpackRecord(record) };
  }

  /** Writes down what a run came to; an earlier failure is forgotten. */
  finish(run: PlannedRun, { record, ...rest }: FinishedRun): void {
    const content = { ...rest, record: record === null ? null : packRecord(record) };
    rmSync(join(this.folderOf(run), 'failure.json'), { force: true });
    writeFileAtomic(join(this.folderOf(run), 'result.json'), `${JSON.stringify(content)}\n`);
  }

  /** Writes down why a run failed. */
  fail(run: PlannedRun, failure: FailedRun): void {
    writeFileAtomic(join(this.folderOf(run), 'failure.json'), `${JSON.stringify(failure, null, 2)}\n`);
  }

  /** Adds a run to the history that forecasts rest on. */
  remember(entry: HistoryEntry): void {
    makeFolders(this.root);
    appendFileSync(join(this.root, 'history.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  /** A line that a kill cut short is left out. */
  history(): HistoryEntry[] {
    const path = join(this.root, 'history.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').flatMap(entryOf);
  }
}

function entryOf(line: string): HistoryEntry[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as HistoryEntry];
  } catch {
    return [];
  }
}
