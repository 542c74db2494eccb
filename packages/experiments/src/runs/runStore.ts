import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, makeFolders, readSigned, shapes, signed, writeFileAtomic } from '@agentmmrec/core';
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
 * `states/<id>` a checkpoint and a memory to go on from. A result is whole or absent; one that is damaged, or of another run, counts as
 * absent.
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
    writeFileAtomic(path, `${JSON.stringify(signed(run), null, 2)}\n`);
    return path;
  }

  /** @throws AmrError input: no such run, or a file that is not as it was written */
  asked(id: string): PlannedRun {
    const path = join(this.root, 'runs', id, 'run.json');
    if (existsSync(path)) {
      const run = wholeFile<PlannedRun>(path);
      if (run?.spec && run.place && runId({ spec: run.spec }) === id) return run as PlannedRun;
      throw changed(path);
    }
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
    const { reason } = wholeFile<FailedRun>(join(this.folderOf(run), 'failure.json')) ?? {};
    return typeof reason === 'string' ? { reason } : null;
  }

  /** What a finished run left, here or among the kept ones, or null. */
  finished(run: PlannedRun): FinishedRun | null {
    const own = this.ownFinished(run);
    if (own) this.kept?.keep(run, own);
    return own ?? this.kept?.finished(run) ?? null;
  }

  private ownFinished(run: PlannedRun): FinishedRun | null {
    const found = wholeFile<KeptResult>(join(this.folderOf(run), 'result.json'));
    if (found === null || (found.run ?? runId(run)) !== runId(run)) return null;
    try {
      const { run: _, record, ...rest } = found as KeptResult;
      return { ...rest, record: record === null ? null : unpackRecord(record) };
    } catch {
      return null; // damaged, and of before there were digests
    }
  }

  /** Writes down what a run came to; an earlier failure is forgotten. */
  finish(run: PlannedRun, { record, ...rest }: FinishedRun): void {
    const content: KeptResult = { run: runId(run), ...rest, record: record === null ? null : packRecord(record) };
    rmSync(join(this.folderOf(run), 'failure.json'), { force: true });
    writeFileAtomic(join(this.folderOf(run), 'result.json'), `${JSON.stringify(signed(content))}\n`);
  }

  /** Writes down why a run failed. */
  fail(run: PlannedRun, failure: FailedRun): void {
    writeFileAtomic(join(this.folderOf(run), 'failure.json'), `${JSON.stringify(signed(failure), null, 2)}\n`);
  }

  /** Adds a run to the history that forecasts rest on. */
  remember(entry: HistoryEntry): void {
    makeFolders(this.root);
    appendFileSync(join(this.root, 'history.jsonl'), `${JSON.stringify(entry)}\n`);
  }

  /** A line that a kill cut short, or that is no entry, is left out. */
  history(): HistoryEntry[] {
    const path = join(this.root, 'history.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').flatMap(entryOf);
  }
}

function entryOf(line: string): HistoryEntry[] {
  if (line === '') return [];
  try {
    const entry: unknown = JSON.parse(line);
    return entryShape(entry, '') === null ? [entry as HistoryEntry] : [];
  } catch {
    return [];
  }
}

const { text, number, count, orNull, orAbsent, record: recordOf } = shapes;
const entryShape = recordOf({
  ...{ fingerprint: text, model: text, kind: text, epochs: count, plannedEpochs: orAbsent(count) },
  ...{ secondsPerEpoch: orNull(number), wallSeconds: number, peakRssBytes: number },
});

/** What `result.json` holds; of which run is not said in files of earlier releases. */
type KeptResult = Omit<FinishedRun, 'record'> & { readonly run?: string; readonly record: unknown };

/** Null: no such file, or damage. */
function wholeFile<Content extends object>(path: string): Partial<Content> | null {
  if (!existsSync(path)) return null;
  const read = readSigned<Content>(path);
  return read === null || read.state === 'changed' ? null : read.content;
}

function changed(path: string): AmrError {
  return new AmrError({
    what: path,
    got: 'a file that is not as it was written',
    expected: 'what was asked of the run',
    hint: 'give the command of its experiment again, which writes it anew',
  });
}
