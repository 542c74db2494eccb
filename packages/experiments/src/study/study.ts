import { existsSync, rmSync } from 'node:fs';
import { type BuildReport, withLookWords } from '@agentmmrec/agents';
import { AmrError, type Knowledge } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { evaluationDepth, rankUsers, usersOf } from '@agentmmrec/evaluation';
import { type BuiltModel, findModel } from '@agentmmrec/models';
import {
  beginFeedbackRun,
  chooseRerankWeight,
  type FeedbackHook,
  type FeedbackValues,
  finalEvaluation,
  type RerankHook,
  readTrainOptions,
  type TrainableData,
  type TrainingResult,
  trainModel,
  withWeight,
} from '@agentmmrec/training';
import { feedbackPhase } from './feedbackPhase.js';
import { keptIn } from './keptMatrices.js';
import { KnowledgeBench, type KnowledgeUse, type MadeKnowledge } from './knowledgeBench.js';
import { type RerankedExample, WatchedReranker } from './rerankedExamples.js';
import { beginCurve } from './runCurve.js';
import type { RunRecord } from './runRecord.js';
import { StudyItems } from './studyItems.js';
import type { Recipe, RunSettings, StudyRequest } from './studyRequest.js';

/** Where the training of a feedback phase is saved, which comes before the run's own. */
function phaseCheckpoint(checkpointPath: string): string {
  return `${checkpointPath}.phase`;
}

/** Whether a run that saves itself there has begun: with its own training or with a feedback phase before. */
export function isBegun(checkpointPath: string): boolean {
  return existsSync(checkpointPath) || existsSync(phaseCheckpoint(checkpointPath));
}

/** A trained run and, where it used the memory, the moments at which it began and ended. */
export interface TrainedRun {
  readonly result: TrainingResult;
  readonly moments: { readonly begin: number; readonly end: number } | null;
}

/**
 * One data set with everything its rows share: features, knowledge memory, embeddings and graphs, each made at its first use.
 * Training sees training interactions, selection sees validation, and only `finish` opens the test split.
 */
export class Study {
  /** null without a reasoner */
  readonly bench: KnowledgeBench | null;
  readonly items: StudyItems;

  constructor(readonly request: StudyRequest) {
    const { dataset, device, reasoner, memoryPath, knowledgeOptions: options } = request;
    const { completeMemory = true, access = 'write', audits = true, rerankDepth, log, signal } = request;
    this.items = new StudyItems(request);
    const features = async () => (await this.items.features()).features;
    const encoder = async () => (await this.items.encoders()).text;
    const shared = {
      training: reasoner && options.visualWords ? withLookWords(dataset.training, reasoner, device) : dataset.training,
      device,
      completeMemory,
      access,
      audits,
      memoryPath,
      options,
      rerankDepth,
      features,
      encoder,
      log,
      signal,
    };
    this.bench = reasoner && new KnowledgeBench({ ...shared, reasoner });
  }

  /** Fills the memory; entries that failed before stay failed unless asked for. Null where nobody is asked. */
  async buildKnowledge({ retryFailed = false } = {}): Promise<BuildReport | null> {
    return (await this.bench?.build(retryFailed)) ?? null;
  }

  /** Knowledge as models take it. Null for `none` and where there is no reasoner. */
  async knowledge(use: KnowledgeUse, augmented = false): Promise<MadeKnowledge | null> {
    return use === 'none' || this.bench === null ? null : await this.bench.knowledge(use, augmented);
  }

  /** What a model is built from. */
  async trainable(knowledge: Knowledge | null): Promise<TrainableData> {
    const { features } = await this.items.features();
    const { dataset, workspace, access } = this.request;
    const keep = keptIn(workspace, access ?? 'write');
    return { ...dataset.training, features, knowledge, keep, ...(await this.items.encodersIdentity()) };
  }

  /** Trains a recipe. The result holds the model and its validation; the test split stays sealed. */
  async train(recipe: Recipe, seed: number, settings: RunSettings = {}): Promise<TrainedRun> {
    const { feedback } = recipe;
    if (feedback) return await this.trainWithFeedback(recipe, feedback, seed, settings);
    const made = await this.knowledge(recipe.knowledge, isAugmented(recipe.model));
    const result = await this.trainOn(made?.knowledge ?? null, recipe, seed, settings);
    const usesMemory = recipe.knowledge !== 'none' || recipe.rerank !== 'none';
    const now = usesMemory ? ((await this.bench?.memory())?.sequence() ?? null) : null;
    return { result, moments: now === null ? null : { begin: now, end: now } };
  }

  /** Opens the test split once for a trained recipe, writes down what was seen, and gives the model's memory back. */
  async finish(recipe: Recipe, seed: number, { result, moments }: TrainedRun): Promise<RunRecord> {
    const { dataset, device } = this.request;
    const { training, test } = dataset;
    const hook = await this.weighedReranker(recipe, result.model, moments?.end);
    const rerank = hook && new WatchedReranker(hook);
    const purpose = `final evaluation of ${recipe.label}, seed ${seed}`;
    const { model, identity, validation } = result;
    const evaluation = await finalEvaluation({
      model,
      device,
      train: training.train,
      test,
      purpose,
      ...(rerank && { rerank }),
    });
    if (validation === null) throw new Error('a run without selection has no validation to record');
    const { features, remarks } = await this.items.features();
    model.release();
    return {
      model: recipe.model,
      data: training.name,
      fingerprint: training.fingerprint,
      seed,
      device: device.name,
      reasoner: identity.reasoner ?? (rerank ? (this.request.reasoner?.name ?? null) : null),
      options: identity.options,
      epochs: result.epochs,
      secondsPerEpoch: result.secondsPerEpoch,
      peakRssBytes: result.peakRssBytes,
      curve: result.history.map(({ epoch, loss, validation: measured }) => ({
        epoch: epoch + 1,
        loss,
        validRecall20: measured?.['recall@20'] ?? null,
      })),
      valid: validation.metrics,
      test: evaluation.test,
      testReranked: evaluation.testReranked,
      reranking: evaluation.reranking,
      examples: await this.examples(rerank, evaluation.truth, moments?.end),
      synthetic: features.some((one) => one.synthetic),
      feedback: result.feedbackReports,
      remarks: [...remarks, ...result.remarks],
    };
  }

  /** A few reranked users, with what is known of them as their lists were reranked. */
  private async examples(
    rerank: WatchedReranker | null,
    truth: Interactions,
    moment: number | undefined,
  ): Promise<RerankedExample[]> {
    const memory = await this.bench?.memory();
    if (rerank === null || !memory) return [];
    return rerank.examples(memory.asOf(moment ?? memory.sequence()), this.request.dataset.training.train, truth);
  }

  /** Trains a recipe and finishes it. */
  async run(recipe: Recipe, seed: number, settings: RunSettings = {}): Promise<RunRecord> {
    return await this.finish(recipe, seed, await this.train(recipe, seed, settings));
  }

  /**
   * Reranks with the Utilizer; null where there is no knowledge to rerank by.
   * @param weight of its order beside the recommender's
   */
  async reranker(use: KnowledgeUse, moment?: number, weight = 1): Promise<RerankHook | null> {
    if (use === 'none' || this.bench === null) return null;
    return withWeight(await this.bench.reranker(use, moment), { weight, validation: null });
  }

  /** As `reranker`, with the weight that was asked for or that validation chooses; the paper's form takes the Utilizer's order as it is. */
  private async weighedReranker(
    { rerank, options }: Recipe,
    model: BuiltModel,
    moment: number | undefined,
  ): Promise<RerankHook | null> {
    const { rerankWeight: given = null, dataset, device } = this.request;
    const fixed = given ?? (options.preset === 'paper' ? 1 : null);
    if (rerank === 'none' || this.bench === null) return null;
    if (fixed !== null) return await this.reranker(rerank, moment, fixed);
    const hook = await this.bench.reranker(rerank, moment);
    const { train } = dataset.training;
    const k = Math.max(evaluationDepth, hook.rerankDepth);
    const userIds = usersOf(dataset.validation);
    if (userIds.length === 0) return withWeight(hook, { weight: 1, validation: null });
    const lists = rankUsers({ device, ranking: model.ranking(), mask: train, userIds, k });
    const { lists: reordered } = await hook.rerank(lists);
    return withWeight(hook, chooseRerankWeight(lists, reordered, dataset.validation, train));
  }

  /** Closes the memory. Safe to call twice. */
  async close(): Promise<void> {
    await this.bench?.close();
    await this.request.reasoner?.close?.();
  }

  /** A run that rewrites knowledge begins with the memory as it is, also when it is resumed after its own rewrites. */
  private async trainWithFeedback(
    recipe: Recipe,
    feedback: Partial<FeedbackValues>,
    seed: number,
    settings: RunSettings,
  ): Promise<TrainedRun> {
    const { bench } = this;
    if (bench === null || recipe.knowledge === 'permuted') throw noFeedback(recipe);
    const memory = await bench.memory();
    const { label: _, ...recipeIdentity } = recipe;
    const identity = { recipe: recipeIdentity, seed, training: settings.training ?? {} };
    const run = beginFeedbackRun({ memory, identity, resume: settings.resume ?? false });
    const checkpointPath = settings.checkpointPath && phaseCheckpoint(settings.checkpointPath);
    const isThere = (path: string | undefined) => settings.resume === true && path !== undefined && existsSync(path);
    const { sequence, reports } = await feedbackPhase({
      bench,
      encoder: (await this.items.encoders()).text,
      feedback,
      run,
      inModel: recipe.knowledge !== 'none',
      resume: settings.resume ?? false,
      train: async ({ knowledge, interactions, epochs, hook }) => {
        const { onEpoch: _onEpoch, ...kept } = settings;
        const training = { ...settings.training, epochs, selection: 'none' } as const;
        const phase = { ...kept, training, checkpointPath, resume: isThere(checkpointPath) };
        return await this.trainOn(knowledge, recipe, seed, phase, { hook, interactions });
      },
    });
    const made =
      recipe.knowledge === 'none' ? null : await bench.assemble(memory.asOf(sequence), isAugmented(recipe.model));
    const last = { ...settings, resume: isThere(settings.checkpointPath) };
    const result = await this.trainOn(made?.knowledge ?? null, recipe, seed, last);
    // Until here it says that the run has begun.
    if (checkpointPath) rmSync(checkpointPath, { force: true });
    return { result: { ...result, feedbackReports: reports }, moments: { begin: sequence, end: sequence } };
  }

  private async trainOn(
    knowledge: Knowledge | null,
    recipe: Recipe,
    seed: number,
    settings: RunSettings,
    phase?: { readonly hook: FeedbackHook; readonly interactions: Interactions },
  ): Promise<TrainingResult> {
    const { dataset, device, log, signal } = this.request;
    const data = await this.trainable(knowledge);
    const { checkpointPath, resume = false, onEpoch, training: values } = settings;
    const { name, fingerprint } = dataset.training;
    const { epochs } = readTrainOptions(values ?? {});
    const { label, model } = recipe;
    const curve =
      checkpointPath && !phase
        ? beginCurve(checkpointPath, { label, model, data: name, fingerprint, seed, epochs }, resume)
        : null;
    return await trainModel({
      model: findModel(recipe.model),
      options: recipe.options,
      data: phase ? { ...data, train: phase.interactions } : data,
      validation: dataset.validation,
      device,
      seed,
      log,
      ...(signal && { signal }),
      ...(phase && { feedback: phase.hook }),
      ...settings,
      onEpoch: (record) => {
        curve?.add(record);
        onEpoch?.(record);
      },
    });
  }
}

/** Whether a model takes LLMRec's augmentation. */
export function isAugmented(model: string): boolean {
  return findModel(model).needs.includes('augmentation');
}

function noFeedback(recipe: Recipe): AmrError {
  return new AmrError({
    what: `feedback rounds of ${recipe.label}`,
    got: recipe.knowledge === 'permuted' ? 'permuted knowledge' : 'no knowledge',
    expected: 'a memory that a reasoner may rewrite',
    hint: 'name --reasoner extractive or --memory FILE, or leave --feedback off',
  });
}
