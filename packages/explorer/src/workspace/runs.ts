import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CurveStart,
  checkpointName,
  isTraining,
  type Metrics,
  type RunCurve,
  type RunManifest,
  readCurve,
  readRunManifest,
} from '@agentmmrec/experiments';
import { type CheckpointFacts, readCheckpointFacts } from '@agentmmrec/training';
import { notThere } from '../refusals.js';
import { FileCache } from './fileCache.js';
import type { CurvePoint, RunDetails, RunState, RunSummary } from './runTypes.js';
import { StudyRuns } from './studyRuns.js';

/** The runs of a workspace: those that `train` made, and those of experiments. Files are read again when they change. */
export class Runs {
  private readonly remembered = new FileCache<TrainedFolder>();
  private readonly studies: StudyRuns;

  constructor(private readonly workspace: string) {
    this.studies = new StudyRuns(workspace);
  }

  /** Every run, the newest first. */
  list(): RunSummary[] {
    const own = this.folders().map((id) => this.folder(id).summary());
    return [...own, ...this.studies.list()].sort(
      (a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0) || (a.id < b.id ? -1 : 1),
    );
  }

  /** @throws NotThere */
  get(id: string): RunDetails {
    if (this.folders().includes(id)) return this.folder(id).details();
    const study = this.studies.find(id);
    if (study) return study;
    throw notThere(
      'run',
      id,
      this.list().map((run) => run.id),
      'see which runs there are: agentmmrec runs list',
    );
  }

  /** The checkpoint of a finished run that can be opened. @throws NotThere */
  checkpointOf(id: string): string {
    const openable = this.openable().map((run) => run.id);
    if (openable.includes(id)) return this.checkpoint(id);
    throw notThere(
      'run to recommend by',
      id,
      openable,
      'runs of experiments leave no model; train one: agentmmrec train',
    );
  }

  /** Finished runs of `train` that left a model, the newest first. @param fingerprint of the training data; default: any */
  openable(fingerprint?: string): RunSummary[] {
    return this.list().filter(
      ({ kind, state, fingerprint: of }) =>
        kind === 'train' && state === 'finished' && (fingerprint === undefined || of === fingerprint),
    );
  }

  /** Whether a run is finished and left a model. */
  isOpenable(id: string): boolean {
    return this.openable().some((run) => run.id === id);
  }

  private folders(): string[] {
    const runs = join(this.workspace, 'runs');
    return existsSync(runs) ? readdirSync(runs).filter((id) => existsSync(join(runs, id, checkpointName))) : [];
  }

  private checkpoint(id: string): string {
    return join(this.workspace, 'runs', id, checkpointName);
  }

  private folder(id: string): TrainedFolder {
    const path = this.checkpoint(id);
    const stem = path.replace(/\.amr$/, '');
    const files = [path, `${stem}.run.json`, `${stem}.curve.jsonl`];
    return this.remembered.of(id, files, () => new TrainedFolder(id, path));
  }
}

/** One folder of `runs/`, as its files were when they were read. */
class TrainedFolder {
  private readonly manifest: RunManifest | null;
  private readonly curve: RunCurve | null;
  private readonly facts: CheckpointFacts | null;
  private readonly problem: string | null = null;

  constructor(
    private readonly id: string,
    path: string,
  ) {
    this.curve = readCurve(path);
    this.facts = readCheckpointFacts(path);
    let manifest: RunManifest | null = null;
    try {
      manifest = existsSync(path.replace(/\.amr$/, '.run.json')) ? readRunManifest(path) : null;
    } catch (cause) {
      this.problem = (cause as Error).message;
    }
    // A manifest of an earlier end stands while the run is trained on.
    const older = manifest !== null && this.curve !== null && this.curve.start.startedAtMs > endOf(path);
    this.manifest = older ? null : manifest;
  }

  summary(): RunSummary {
    const { manifest, curve, facts } = this;
    const result = (manifest?.result ?? {}) as Partial<ResultLine>;
    const start = curve?.start;
    const points = this.points();
    const valid = result.valid ?? bestOf(facts);
    return {
      id: this.id,
      kind: 'train',
      label: manifest?.recipe.label ?? start?.label ?? facts?.identity.model ?? this.id,
      model: manifest?.recipe.model ?? start?.model ?? facts?.identity.model ?? 'unknown',
      data: manifest?.data ?? start?.data ?? facts?.identity.data ?? 'unknown',
      fingerprint: manifest?.fingerprint ?? start?.fingerprint ?? facts?.identity.fingerprint ?? '',
      seed: manifest?.seed ?? start?.seed ?? facts?.identity.seed ?? null,
      state: this.state(start),
      startedAtMs: manifest?.startedAtMs ?? start?.startedAtMs ?? null,
      epochs: result.epochs ?? points.length,
      plannedEpochs: start?.epochs ?? null,
      secondsPerEpoch: result.secondsPerEpoch ?? pace(curve),
      device: result.device ?? facts?.device ?? null,
      reasoner: result.reasoner ?? facts?.identity.reasoner ?? null,
      peakRssBytes: result.peakRssBytes ?? null,
      valid,
      test: result.test ?? null,
      testReranked: result.testReranked ?? null,
      synthetic: result.synthetic === true,
      problem: this.problem ?? (facts === null ? 'its checkpoint cannot be read' : null),
    };
  }

  details(): RunDetails {
    const { manifest, facts } = this;
    return {
      ...this.summary(),
      options: facts?.identity.options ?? manifest?.recipe.options ?? {},
      training: facts
        ? {
            batchSize: facts.identity.batchSize,
            learningRate: facts.identity.learningRate,
            negatives: facts.identity.negatives ?? 'all items',
          }
        : {},
      knowledge: manifest?.knowledge
        ? {
            reasoner: manifest.knowledge.reasoner,
            rerankDepth: manifest.knowledge.rerankDepth,
            ...manifest.knowledge.moments,
          }
        : null,
      curve: this.points(),
      bestEpoch: facts?.bestEpoch == null ? null : facts.bestEpoch + 1,
      feedback: (manifest?.feedback ?? facts?.feedbackReports ?? []).map(({ period, report }) => ({ period, report })),
      remarks: [],
    };
  }

  private state(start: CurveStart | undefined): RunState {
    if (this.manifest?.result != null) return 'finished';
    return start !== undefined && isTraining(start) ? 'training' : 'stopped';
  }

  /** What the checkpoint has, and what has come since; each epoch once. */
  private points(): CurvePoint[] {
    const points = new Map<number, CurvePoint>();
    for (const record of [...(this.facts?.history ?? []), ...(this.curve?.epochs ?? [])]) {
      const { epoch, loss, validation } = record;
      points.set(epoch, { epoch: epoch + 1, loss, validRecall20: validation?.['recall@20'] ?? null });
    }
    return [...points.values()].sort((a, b) => a.epoch - b.epoch);
  }
}

interface ResultLine {
  readonly device: string;
  readonly reasoner: string | null;
  readonly epochs: number;
  readonly secondsPerEpoch: number | null;
  readonly peakRssBytes: number;
  readonly valid: Metrics;
  readonly test: Metrics;
  readonly testReranked?: Metrics;
  readonly synthetic?: boolean;
}

function endOf(checkpointPath: string): number {
  return statSync(checkpointPath.replace(/\.amr$/, '.run.json')).mtimeMs;
}

function bestOf(facts: CheckpointFacts | null): Metrics | null {
  return facts?.bestEpoch == null ? null : (facts.history[facts.bestEpoch]?.validation ?? null);
}

/** Mean seconds between the ends of epochs; null below two. */
function pace(curve: RunCurve | null): number | null {
  const times = curve?.epochs.map(({ atMs }) => atMs) ?? [];
  return times.length < 2 ? null : (times[times.length - 1] - times[0]) / 1000 / (times.length - 1);
}
