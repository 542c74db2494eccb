import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  IMAGES_PER_PROMPT,
  type KnowledgeValues,
  knowledgeOptions,
  llmReasonerSchema,
  makeReasoner,
} from '@agentmmrec/agents';
import { defaultsOf, type Log, makeFolders, readOptions, silentLog, temporaryFolder } from '@agentmmrec/core';
import { type Dataset, loadDataset, loadingOptions, synthesizeCatalog } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import { rerankOptions, type TrainOptions, trainingOptions } from '@agentmmrec/training';
import { type ExecutedRow, executePlan } from '../execution/execute.js';
import { Expansion } from '../execution/expand.js';
import type { ExperimentRow } from '../experiments/contract.js';
import { sizeOf } from '../runs/forecast.js';
import { launchHere } from '../runs/launchHere.js';
import { layMemory } from '../runs/performRun.js';
import { Runner } from '../runs/runner.js';
import type { KnowledgeSource, PlannedRun } from '../runs/runSpec.js';
import { RunStore } from '../runs/runStore.js';
import { Study } from '../study/study.js';
import { demoTraining } from './demoSetting.js';

/** What the demo runs on. */
export interface DemoRequest {
  readonly device: Device;
  /** catalogs are drawn in a temporary folder here and removed at the end */
  readonly workspace: string;
  readonly catalogSeeds: readonly number[];
  readonly users?: number;
  readonly items?: number;
  /** how every row is trained; default: as the demo was developed */
  readonly training?: Partial<TrainOptions>;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** One catalog of the demo, on which rows are executed as those of a study are. */
export interface CatalogRuns {
  /** Rows with the catalog's seed; those that choose do so with six runs or fewer. */
  execute(rows: readonly ExperimentRow[]): Promise<ExecutedRow[]>;
  /** share of refined neighbours that differ from fused similarity */
  refinedShare(): Promise<number>;
}

/** Draws the catalog, opens a study on it, and leaves nothing of either behind. */
export async function onCatalog(
  request: DemoRequest,
  size: { readonly users: number; readonly items: number },
  catalogSeed: number,
  work: (runs: CatalogRuns) => Promise<void>,
): Promise<void> {
  const { workspace, log, signal } = request;
  makeFolders(workspace);
  const folder = temporaryFolder(workspace, 'demo');
  const path = join(folder, 'catalog');
  try {
    await synthesizeCatalog({ ...size, seed: catalogSeed, folder: path, log, signal });
    const dataset = await loadDataset(path, { workspace: folder, splitSeed: catalogSeed, log: silentLog });
    const studies = new CatalogStudies(request, folder, path, dataset, catalogSeed);
    try {
      await work(studies);
    } finally {
      await studies.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows share the knowledge as it was built, in one study; a run with feedback rewrites a memory of its own. */
class CatalogStudies implements CatalogRuns {
  private readonly store: RunStore;
  private readonly runner: Runner;
  private readonly knowledge: KnowledgeValues;
  /** by the memory that they are opened on */
  private readonly shared = new Map<string | null, Study>();

  constructor(
    private readonly request: DemoRequest,
    private readonly folder: string,
    private readonly path: string,
    private readonly dataset: Dataset,
    private readonly seed: number,
  ) {
    this.store = new RunStore(folder);
    this.knowledge = readOptions('demo', knowledgeOptions, { knowledgeSeed: seed });
    const { log, signal = new AbortController().signal } = request;
    const launch = launchHere(this.store, (run, work) =>
      run.spec.recipe?.feedback === undefined ? work(this.sharedBy(run)) : this.onOwnMemory(run, work),
    );
    const bounds = { parallel: 1, memoryBytes: Number.POSITIVE_INFINITY };
    this.runner = new Runner({ store: this.store, launch, size: sizeOf(dataset), ...bounds, log, signal });
  }

  async execute(rows: readonly ExperimentRow[]): Promise<ExecutedRow[]> {
    const training = readOptions('demo', trainingOptions, this.request.training ?? demoTraining);
    const expansion = new Expansion(rows, {
      fingerprint: this.dataset.training.fingerprint,
      training,
      ...defaultsOf('demo', rerankOptions),
      source: this.source(),
      encoders: null,
      place: {
        data: this.path,
        loading: defaultsOf('demo', loadingOptions),
        encoders: builtInEncoders,
        memory: null,
        reach: {},
      },
      // Nothing is kept that another version of the code could find.
      codeVersion: '',
    });
    const search = { method: 'one-by-one', trials: 0, seed: this.seed, epochs: training.epochs } as const;
    const setting = { seeds: [this.seed], search, log: this.request.log };
    return await executePlan({ rows, comparisons: [], figures: [] }, expansion, this.runner, setting);
  }

  async refinedShare(): Promise<number> {
    const made = await Promise.all([...this.shared].map(([path, study]) => (path ? study.knowledge('made') : null)));
    return made.find((one) => one !== null)?.refined?.changedShare ?? 0;
  }

  async close(): Promise<void> {
    for (const study of this.shared.values()) await study.close();
  }

  /** The study of all runs that begin with the same memory, or with none. */
  private sharedBy(run: PlannedRun): Study {
    const { kind, memoryFrom } = run.spec;
    const filled = kind === 'knowledge' ? this.store.memoryOf(run) : null;
    const path = memoryFrom === null ? filled : this.store.memoryAt(memoryFrom);
    const study = this.shared.get(path) ?? this.open(path ?? ':memory:');
    this.shared.set(path, study);
    return study;
  }

  private async onOwnMemory(run: PlannedRun, work: (study: Study) => Promise<void>): Promise<void> {
    layMemory(run, this.store);
    const study = this.open(this.store.memoryOf(run));
    try {
      await work(study);
    } finally {
      await study.close();
    }
  }

  private open(memoryPath: string): Study {
    const { device, log, signal } = this.request;
    return new Study({
      dataset: this.dataset,
      device,
      workspace: this.folder,
      reasoner: makeReasoner('extractive'),
      memoryPath,
      knowledgeOptions: this.knowledge,
      ...defaultsOf('demo', rerankOptions),
      log,
      signal,
    });
  }

  private source(): KnowledgeSource {
    return {
      reasoner: 'extractive',
      llmModel: null,
      promptFamily: defaultsOf('demo', llmReasonerSchema).promptFamily,
      imagesPerPrompt: IMAGES_PER_PROMPT,
      contextLength: 0,
      options: this.knowledge,
      templates: '',
      given: null,
    };
  }
}
