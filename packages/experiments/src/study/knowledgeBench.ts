import {
  type AugmentedGraph,
  assembleKnowledge,
  assemblyOptions,
  auditMemory,
  augmentGraph,
  type BuildReport,
  buildKnowledge,
  type KnowledgeValues,
  knowledgeSnapshot,
  promptOptions,
  type Reasoner,
  type RefinedGraph,
  refineGraph,
  requireNeighbours,
} from '@agentmmrec/agents';
import { type Knowledge, type Log, pickOptions } from '@agentmmrec/core';
import type { Features, TrainingData } from '@agentmmrec/datasets';
import type { TextEncoder } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import { type KnowledgeMemory, type KnowledgeView, openMemory } from '@agentmmrec/memory';
import { type RerankHook, reranker } from '@agentmmrec/training';
import { permutedView } from './permutedView.js';

/** Whose knowledge a row uses: nobody's, the memory's, or the memory's handed to the wrong entities. */
export type KnowledgeUse = 'none' | 'made' | 'permuted';

export interface KnowledgeRequest {
  readonly training: TrainingData;
  readonly device: Device;
  readonly reasoner: Reasoner;
  /** false: the memory is used as it is, and the reasoner is not asked for what it lacks */
  readonly completeMemory: boolean;
  /** `read`: nothing is written, so that others may write meanwhile; nobody is asked for what is lacking */
  readonly access?: 'read' | 'write';
  /** whether every source is held against training when the memory is opened; true */
  readonly audits?: boolean;
  /** the knowledge file; `:memory:` keeps it in this process */
  readonly memoryPath: string;
  readonly options: KnowledgeValues;
  /** places of a list that reranking may reorder */
  readonly rerankDepth: number;
  readonly features: () => Promise<readonly Features[]>;
  /** of entries; feedback must embed rewritten ones with the same */
  readonly encoder: () => Promise<TextEncoder>;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Knowledge as models take it, and how its refined graph came about (null without features to find candidates by). */
export interface MadeKnowledge {
  readonly knowledge: Knowledge;
  readonly refined: RefinedGraph | null;
  /** how LLMRec's augmentation came about; null where it was not asked for */
  readonly augmented: AugmentedGraph | null;
}

interface FilledMemory {
  readonly memory: KnowledgeMemory;
  /** null where the memory is used as it is */
  readonly build: BuildReport | null;
}

/** The memory of one data set, filled at its first use, and what is made of it: embeddings, graphs, rerankers. */
export class KnowledgeBench {
  private filled: Promise<FilledMemory> | null = null;
  private readonly made = new Map<string, Promise<MadeKnowledge>>();

  constructor(readonly request: KnowledgeRequest) {}

  /** Fills the memory with what it lacks, on request once more what failed before, and audits every source against training. */
  async build(retryFailed = false): Promise<BuildReport | null> {
    return (await this.fill(retryFailed)).build;
  }

  async memory(): Promise<KnowledgeMemory> {
    return (await this.fill()).memory;
  }

  /** Knowledge as it stands at the first call, made once. @param augmented with LLMRec's augmentation, of the memory's own alone */
  knowledge(use: Exclude<KnowledgeUse, 'none'>, augmented = false): Promise<MadeKnowledge> {
    const key = `${use}${augmented ? ', augmented' : ''}`;
    let made = this.made.get(key);
    if (!made) {
      made = this.makeOf(use, augmented);
      this.made.set(key, made);
    }
    return made;
  }

  /** Embeddings and graphs of a view of the memory's own entries: a moment that feedback began at, or now. */
  async assemble(view: KnowledgeView, augmented = false): Promise<MadeKnowledge> {
    return await this.assembleWith(view, await this.memory(), augmented);
  }

  /** Embeddings and graphs of entries, without a refined graph, for which every item would have to be asked about anew. */
  async assembleUnrefined(knowledge: KnowledgeView): Promise<Knowledge> {
    const { training, device, options } = this.request;
    const encoder = await this.request.encoder();
    return await assembleKnowledge({
      training,
      knowledge,
      encoder,
      device,
      ...pickOptions(assemblyOptions, options),
    });
  }

  /** Reranks by the entries as they are now, or as they were at a moment. */
  async reranker(use: Exclude<KnowledgeUse, 'none'>, moment?: number): Promise<RerankHook> {
    const { training, reasoner, options, rerankDepth, log, signal } = this.request;
    const memory = await this.memory();
    const knowledge = this.viewOf(use, moment === undefined ? memory : memory.asOf(moment));
    const kept = use === 'made' ? { memory } : {};
    return reranker({
      training,
      reasoner,
      knowledge,
      ...kept,
      knowledgeSeed: options.knowledgeSeed,
      rerankDepth,
      log,
      ...(signal && { signal }),
    });
  }

  async close(): Promise<void> {
    const filled = this.filled;
    this.filled = null;
    this.made.clear();
    // A build that failed has closed its memory itself.
    (await filled?.catch(() => null))?.memory.close();
  }

  private fill(retryFailed = false): Promise<FilledMemory> {
    this.filled ??= this.fillMemory(retryFailed);
    return this.filled;
  }

  private async fillMemory(retryFailed: boolean): Promise<FilledMemory> {
    const {
      training,
      reasoner,
      completeMemory,
      access = 'write',
      audits = true,
      memoryPath,
      options,
      log,
      signal,
    } = this.request;
    const memory = openMemory({ path: memoryPath, fingerprint: training.fingerprint, mode: access });
    try {
      const shared = { training, reasoner, memory, ...pickOptions(promptOptions, options), log };
      if (reasoner.paid && completeMemory) requireNeighbours(training, options);
      const build =
        completeMemory && access === 'write'
          ? await buildKnowledge({ ...shared, retryFailed, ...(signal && { signal }) })
          : null;
      if (audits) auditMemory(memory, training);
      return { memory, build };
    } catch (cause) {
      memory.close();
      throw cause;
    }
  }

  private async makeOf(use: Exclude<KnowledgeUse, 'none'>, augmented: boolean): Promise<MadeKnowledge> {
    const memory = await this.memory();
    if (use === 'made') return await this.assembleWith(memory, memory, augmented);
    // Refinements by wrong knowledge are kept apart: the memory holds what was made for its own entities.
    const apart = openMemory({ path: ':memory:', fingerprint: memory.fingerprint, mode: 'write' });
    try {
      return await this.assembleWith(this.viewOf(use, memory), apart, false);
    } finally {
      apart.close();
    }
  }

  private viewOf(use: KnowledgeUse, view: KnowledgeView): KnowledgeView {
    const { training, options } = this.request;
    const snapshot = knowledgeSnapshot(view);
    return use === 'permuted'
      ? permutedView(snapshot, training.users, training.items, options.knowledgeSeed)
      : snapshot;
  }

  private async assembleWith(
    knowledge: KnowledgeView,
    memory: KnowledgeMemory,
    augmented: boolean,
  ): Promise<MadeKnowledge> {
    const { training, reasoner, device, options, log, signal } = this.request;
    const features = await this.request.features();
    const shared = {
      training,
      reasoner,
      memory,
      knowledge,
      features,
      device,
      ...pickOptions(promptOptions, options),
      log,
    };
    const refined =
      features.length === 0
        ? null
        : await refineGraph({ ...shared, ...pickOptions(assemblyOptions, options), ...(signal && { signal }) });
    const encoder = await this.request.encoder();
    const graph = augmented ? await augmentGraph({ ...shared, encoder, ...(signal && { signal }) }) : null;
    if (graph) auditMemory(memory, training);
    const assembled = await assembleKnowledge({
      training,
      knowledge,
      encoder,
      device,
      rti: refined?.graph ?? null,
      ...pickOptions(assemblyOptions, options),
    });
    return { knowledge: { ...assembled, augmentation: graph?.augmentation ?? null }, refined, augmented: graph };
  }
}
