import {
  assembleKnowledge,
  auditMemory,
  type BuildReport,
  buildKnowledge,
  knowledgeSnapshot,
  type Reasoner,
  type RefinedGraph,
  refineGraph,
  Utilizer,
} from '@agentmmrec/agents';
import { ArtifactStore, type Log } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import { type EncodedItems, encodeItems, hashingTextEncoder, pixelImageEncoder } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import { type KnowledgeMemory, type KnowledgeView, openMemory } from '@agentmmrec/memory';
import { findModel, type Knowledge } from '@agentmmrec/models';
import {
  finalEvaluation,
  type RerankHook,
  type TrainCall,
  type TrainingResult,
  trainModel,
} from '@agentmmrec/training';
import { agentReranker } from './agentReranker.js';
import type { KnowledgeOptions } from './knowledgeOptions.js';
import { permutedView } from './permutedView.js';
import type { RunRecord } from './runRecord.js';

/** Whose knowledge a row uses: nobody's, the memory's, or the memory's handed to the wrong entities. */
export type KnowledgeUse = 'none' | 'made' | 'permuted';

/** One way of recommending: a model, its options and what it gets besides interactions. */
export interface Recipe {
  readonly label: string;
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly knowledge: KnowledgeUse;
  /** by whose knowledge the final lists are reranked; `none` leaves them */
  readonly rerank: KnowledgeUse;
}

export interface StudyRequest {
  readonly dataset: Dataset;
  readonly device: Device;
  readonly workspace: string;
  /** null: no knowledge is made, and every row goes without */
  readonly reasoner: Reasoner | null;
  /** the knowledge file; `:memory:` keeps it in this process */
  readonly memoryPath: string;
  /** draws what prompts see; training seeds are given run by run */
  readonly knowledgeSeed: number;
  readonly knowledgeOptions: KnowledgeOptions;
  readonly rerankDepth: number;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

interface Prepared {
  readonly memory: KnowledgeMemory;
  readonly reasoner: Reasoner;
  readonly build: BuildReport;
}

/** Knowledge as models take it, and how its refined graph came about (null without features to find candidates by). */
export interface MadeKnowledge {
  readonly knowledge: Knowledge;
  readonly refined: RefinedGraph | null;
}

/** What a training run is called with besides the recipe. */
export type RunSettings = Pick<TrainCall, 'training' | 'checkpointPath' | 'resume' | 'resumeCommand'>;

/**
 * One data set with everything its rows share: features, knowledge memory, embeddings and graphs, each made at its first use.
 * Training sees training interactions, selection sees validation, and only `finish` opens the test split.
 */
export class Study {
  private encoded: Promise<EncodedItems> | null = null;
  private prepared: Promise<Prepared> | null = null;
  private readonly made = new Map<KnowledgeUse, Promise<MadeKnowledge>>();

  constructor(readonly request: StudyRequest) {}

  /** Features of the items: the data set's own, and those encoded from content. */
  features(): Promise<EncodedItems> {
    const { dataset, workspace } = this.request;
    const encoders = { text: hashingTextEncoder(), image: pixelImageEncoder() };
    this.encoded ??= encodeItems(dataset.training, encoders, new ArtifactStore(workspace));
    return this.encoded;
  }

  /** Fills the memory with what it lacks and audits every source. Null when there is no reasoner. */
  async buildKnowledge(): Promise<BuildReport | null> {
    return this.request.reasoner === null ? null : (await this.prepare(this.request.reasoner)).build;
  }

  /** Knowledge as models take it. Null for `none` and where there is no reasoner. */
  async knowledge(use: KnowledgeUse): Promise<MadeKnowledge | null> {
    const { reasoner } = this.request;
    if (use === 'none' || reasoner === null) return null;
    let made = this.made.get(use);
    if (!made) {
      made = this.makeKnowledge(use, reasoner);
      this.made.set(use, made);
    }
    return await made;
  }

  /** Trains a recipe. The result holds the model and its validation; the test split stays sealed. */
  async train(recipe: Recipe, seed: number, settings: RunSettings = {}): Promise<TrainingResult> {
    const { dataset, device, log, signal } = this.request;
    return await trainModel({
      model: findModel(recipe.model),
      options: recipe.options,
      data: await this.trainable(recipe.knowledge),
      validation: dataset.validation,
      device,
      seed,
      log,
      ...(signal && { signal }),
      ...settings,
    });
  }

  /** What a recipe's model is built from. */
  async trainable(use: KnowledgeUse) {
    const { training } = this.request.dataset;
    const { features } = await this.features();
    const knowledge: Knowledge | null = (await this.knowledge(use))?.knowledge ?? null;
    return { ...training, features, knowledge };
  }

  /** Opens the test split once for a trained recipe and writes down what was seen. */
  async finish(recipe: Recipe, seed: number, result: TrainingResult): Promise<RunRecord> {
    const { dataset, device } = this.request;
    const { training, test } = dataset;
    const rerank = await this.reranker(recipe.rerank);
    const purpose = `final evaluation of ${recipe.label}, seed ${seed}`;
    const { model } = result;
    const evaluation = await finalEvaluation({
      model,
      device,
      train: training.train,
      test,
      purpose,
      ...(rerank && { rerank }),
    });
    if (result.validation === null) throw new Error('a run without selection has no validation to record');
    return {
      model: recipe.model,
      data: training.name,
      fingerprint: training.fingerprint,
      seed,
      device: device.name,
      reasoner: result.identity.reasoner,
      options: result.identity.options,
      epochs: result.epochs,
      secondsPerEpoch: result.secondsPerEpoch ?? 0,
      peakRssBytes: result.peakRssBytes,
      curve: result.history.map(({ epoch, loss, validation }) => ({
        epoch: epoch + 1,
        loss,
        validRecall20: validation?.['recall@20'] ?? null,
      })),
      valid: result.validation.metrics,
      test: evaluation.test,
      testReranked: evaluation.testReranked,
      synthetic: (await this.features()).features.some((features) => features.synthetic),
      remarks: [...(await this.features()).remarks, ...result.remarks],
    };
  }

  async run(recipe: Recipe, seed: number, settings: RunSettings = {}): Promise<RunRecord> {
    return await this.finish(recipe, seed, await this.train(recipe, seed, settings));
  }

  /** Reranks with the Utilizer; null where there is no knowledge to rerank by. */
  async reranker(use: KnowledgeUse): Promise<RerankHook | null> {
    const { reasoner, rerankDepth, log, signal, dataset, knowledgeSeed, knowledgeOptions } = this.request;
    if (use === 'none' || reasoner === null) return null;
    const { training } = dataset;
    const utilizer = new Utilizer({
      training,
      reasoner,
      seed: knowledgeSeed,
      neighbours: knowledgeOptions.promptNeighbours,
    });
    return agentReranker(utilizer, await this.view(use, reasoner), rerankDepth, log, signal);
  }

  async close(): Promise<void> {
    (await this.prepared)?.memory.close();
    this.prepared = null;
    this.made.clear();
  }

  private prepare(reasoner: Reasoner): Promise<Prepared> {
    this.prepared ??= this.fillMemory(reasoner);
    return this.prepared;
  }

  private async fillMemory(reasoner: Reasoner): Promise<Prepared> {
    const { dataset, memoryPath, knowledgeSeed, knowledgeOptions, log, signal } = this.request;
    const { training } = dataset;
    const memory = openMemory({ path: memoryPath, fingerprint: training.fingerprint, mode: 'write' });
    try {
      const build = await buildKnowledge({
        training,
        reasoner,
        memory,
        seed: knowledgeSeed,
        neighbours: knowledgeOptions.promptNeighbours,
        log,
        ...(signal && { signal }),
      });
      auditMemory(memory, training);
      return { memory, reasoner, build };
    } catch (cause) {
      memory.close();
      throw cause;
    }
  }

  private async view(use: KnowledgeUse, reasoner: Reasoner): Promise<KnowledgeView> {
    const { memory } = await this.prepare(reasoner);
    const { training } = this.request.dataset;
    const snapshot = knowledgeSnapshot(memory);
    return use === 'made'
      ? snapshot
      : permutedView(snapshot, training.users, training.items, this.request.knowledgeSeed);
  }

  private async makeKnowledge(use: KnowledgeUse, reasoner: Reasoner): Promise<MadeKnowledge> {
    const { dataset, device, knowledgeSeed, knowledgeOptions: options, log, signal } = this.request;
    const { training } = dataset;
    const { features } = await this.features();
    const { memory } = await this.prepare(reasoner);
    const knowledge = await this.view(use, reasoner);
    // Refinements by wrong knowledge are kept apart: the memory holds what was made for its own entities.
    const journal =
      use === 'made' ? memory : openMemory({ path: ':memory:', fingerprint: training.fingerprint, mode: 'write' });
    try {
      const shared = { training, reasoner, features, device, seed: knowledgeSeed, log, ...(signal && { signal }) };
      const neighbours = options.promptNeighbours;
      const k = options.kItems;
      const refined =
        features.length === 0 ? null : await refineGraph({ ...shared, memory: journal, knowledge, neighbours, k });
      const assembled = await assembleKnowledge({
        training,
        knowledge,
        encoder: hashingTextEncoder(),
        device,
        rti: refined?.graph ?? null,
        userNeighbours: options.kUsers,
        itemNeighbours: options.kItems,
        encoding: options.knowledgeEncoding,
      });
      return { knowledge: assembled, refined };
    } finally {
      if (journal !== memory) journal.close();
    }
  }
}
