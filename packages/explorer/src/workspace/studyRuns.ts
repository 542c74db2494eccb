import { join } from 'node:path';
import { isTraining, type PlannedRun, RunStore, readCurve } from '@agentmmrec/experiments';
import { FileCache } from './fileCache.js';
import { type RunDetails, type RunSummary, summaryOf } from './runTypes.js';

/** The runs of experiments, by their addresses. */
export class StudyRuns {
  private readonly store: RunStore;
  private readonly remembered = new FileCache<RunDetails | null>();

  constructor(workspace: string) {
    this.store = new RunStore(workspace);
  }

  list(): RunSummary[] {
    return this.store.ids().flatMap((id) => {
      const found = this.find(id);
      return found === null ? [] : [summaryOf(found)];
    });
  }

  /** Null: no such run, a run that fills a memory, or files that cannot be read. */
  find(id: string): RunDetails | null {
    if (!this.store.ids().includes(id)) return null;
    const folder = join(this.store.root, 'runs', id);
    const files = ['run.json', 'result.json', 'failure.json'].map((name) => join(folder, name));
    const found = this.remembered.of(id, files, () => this.read(id));
    return found?.state === 'planned' || found?.state === 'training' ? this.read(id) : found;
  }

  private read(id: string): RunDetails | null {
    try {
      return this.detailsOf(id, this.store.asked(id));
    } catch {
      return null;
    }
  }

  private detailsOf(id: string, run: PlannedRun): RunDetails | null {
    const { spec, label, place } = run;
    if (spec.recipe === null) return null;
    const finished = this.store.finished(run);
    const failed = this.store.failed(run);
    const curve = readCurve(this.store.checkpointOf(run));
    const { record = null, selection = null, cost } = finished ?? {};
    const unfinished = curve && isTraining(curve.start) ? 'training' : curve ? 'stopped' : 'planned';
    return {
      id,
      kind: 'study',
      label,
      model: spec.recipe.model,
      data: record?.data ?? curve?.start.data ?? place.data.split(/[\\/]/).at(-1) ?? place.data,
      fingerprint: spec.fingerprint,
      seed: spec.seed,
      state: finished ? 'finished' : failed ? 'failed' : unfinished,
      startedAtMs: cost?.startedAtMs ?? curve?.start.startedAtMs ?? null,
      epochs: record?.epochs ?? selection?.epochs ?? curve?.epochs.length ?? 0,
      plannedEpochs: spec.training.epochs,
      secondsPerEpoch: record?.secondsPerEpoch ?? selection?.secondsPerEpoch ?? null,
      device: record?.device ?? cost?.device ?? null,
      reasoner: record?.reasoner ?? spec.source?.reasoner ?? null,
      peakRssBytes: record?.peakRssBytes ?? null,
      valid: record?.valid ?? selection?.valid ?? null,
      test: record?.test.metrics ?? null,
      testReranked: record?.testReranked?.metrics ?? null,
      synthetic: record?.synthetic ?? false,
      problem: failed?.reason ?? null,
      options: record?.options ?? spec.recipe.options,
      training: spec.training,
      knowledge: null,
      curve:
        record?.curve ??
        curve?.epochs.map(({ epoch, loss, validation }) => ({
          epoch: epoch + 1,
          loss,
          validRecall20: validation?.['recall@20'] ?? null,
        })) ??
        [],
      bestEpoch: null,
      feedback: record?.feedback ?? [],
      remarks: record?.remarks ?? [],
    };
  }
}
