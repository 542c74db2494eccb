import { findModel, learningRateOf } from '@agentmmrec/models';
import type { ExperimentRow } from '../experiments/contract.js';
import { type KnowledgeSource, type PlannedRun, type RunPlace, type RunSpec, runId, stateId } from '../runs/runSpec.js';
import type { Candidate } from '../search/ranges.js';

/** What all runs of an experiment share. */
export interface SharedRun {
  readonly fingerprint: string;
  readonly training: RunSpec['training'];
  readonly rerankDepth: number;
  readonly rerankWeight: number | null;
  readonly source: KnowledgeSource | null;
  readonly encoders: string | null;
  readonly place: RunPlace;
  readonly codeVersion: string;
}

/** Turns rows into runs with addresses. */
export class Expansion {
  private readonly byLabel: ReadonlyMap<string, ExperimentRow>;

  constructor(
    rows: readonly ExperimentRow[],
    private readonly shared: SharedRun,
  ) {
    this.byLabel = new Map(rows.map((row) => [row.label, row]));
  }

  /**
   * The run of a row and a seed.
   * @param chosen by row label, what a search has chosen
   */
  runOf(row: ExperimentRow, seed: number, chosen: ReadonlyMap<string, Candidate>): PlannedRun {
    return this.planned(row, 'train', seed, chosen.get(row.label) ?? {}, this.memoryOf(row, seed, chosen));
  }

  /** A run that looks at validation only. */
  selectionOf(row: ExperimentRow, seed: number, candidate: Candidate, epochs: number): PlannedRun {
    const run = this.planned(row, 'select', seed, candidate, this.memoryOf(row, seed, new Map()));
    return { ...run, spec: { ...run.spec, training: { ...run.spec.training, epochs } } };
  }

  /** With the runs that fill the memories which these begin with. */
  withKnowledge(runs: readonly PlannedRun[]): PlannedRun[] {
    const knowledge = runs.flatMap((run) => this.knowledgeOf(run) ?? []);
    // Rows that share a run, before and after reranking, show it under the first one's name.
    return [...new Map([...knowledge, ...runs].toReversed().map((run) => [runId(run), run])).values()].toReversed();
  }

  /** The run that fills the memory a run begins with, or null for one without knowledge. */
  knowledgeOf(run: PlannedRun): PlannedRun | null {
    return run.spec.source ? this.knowledgeFor(run) : null;
  }

  private knowledgeFor({ spec, place }: PlannedRun): PlannedRun {
    return {
      label: `knowledge by ${[spec.source?.reasoner, spec.source?.llmModel].filter(Boolean).join(' ')}`,
      place,
      spec: { ...spec, kind: 'knowledge', recipe: null, seed: 0, memoryFrom: null, ...untrained },
    };
  }

  private memoryOf(row: ExperimentRow, seed: number, chosen: ReadonlyMap<string, Candidate>): string | null {
    if (row.memoryAfter === undefined) return null;
    const before = this.byLabel.get(row.memoryAfter);
    if (!before)
      throw new Error(`row ${row.label} takes the memory of ${row.memoryAfter}, which the plan does not have`);
    return stateId(this.runOf(before, seed, chosen));
  }

  private planned(
    row: ExperimentRow,
    kind: RunSpec['kind'],
    seed: number,
    candidate: Candidate,
    memory: string | null,
  ): PlannedRun {
    const { shared } = this;
    const ofTraining = Object.entries(candidate).filter(([name]) => name in shared.training);
    const ofModel = Object.entries(candidate).filter(([name]) => !(name in shared.training));
    const uses = row.recipe.knowledge !== 'none' || row.recipe.rerank !== 'none' || row.recipe.feedback !== undefined;
    const { reach, ...change } = row.source ?? {};
    const source = uses && shared.source ? changed(shared.source, change) : null;
    const place = reach ? { ...shared.place, reach: { ...shared.place.reach, ...reach } } : shared.place;
    const options = { ...row.recipe.options, ...Object.fromEntries(ofModel) };
    const training = { ...shared.training, ...row.training, ...Object.fromEntries(ofTraining) };
    const spec: RunSpec = {
      kind,
      fingerprint: shared.fingerprint,
      recipe: { ...row.recipe, options },
      seed,
      training: {
        ...training,
        learningRate: training.learningRate ?? learningRateOf(findModel(row.recipe.model), options),
      },
      rerankDepth: shared.rerankDepth,
      rerankWeight: shared.rerankWeight,
      source,
      memoryFrom: memory,
      encoders: shared.encoders,
      codeVersion: shared.codeVersion,
    };
    const run = { spec, place, label: `${row.label}, seed ${seed}` };
    if (source === null || memory !== null) return run;
    return { ...run, spec: { ...spec, memoryFrom: stateId(this.knowledgeFor(run)) } };
  }
}

/** Knowledge does not depend on how models are trained and lists reranked: one memory serves all. */
const untrained = {
  training: {
    epochs: 1,
    patience: 1,
    batchSize: 1,
    stepsPerEpoch: null,
    learningRate: 1,
    optimizer: null,
    precision: null,
    negatives: 'all',
    evaluateEvery: null,
    validationUsers: null,
    smoothing: null,
  },
  rerankDepth: 0,
  rerankWeight: null,
} as const;

function changed(source: KnowledgeSource, change: NonNullable<ExperimentRow['source']>): KnowledgeSource {
  const { options, reach: _, ...rest } = change;
  return { ...source, ...rest, options: { ...source.options, ...options } };
}
