import { existsSync, rmSync } from 'node:fs';
import {
  auditMemory,
  buildKnowledge,
  counting,
  Integrator,
  type Interaction,
  Neighbourhood,
  promptOptions,
  type Reasoner,
  runCalls,
} from '@agentmmrec/agents';
import { type Knowledge, pickOptions, RandomStreams, withDefaults } from '@agentmmrec/core';
import { hasInteraction, type Interactions, itemsOf, type TrainingData } from '@agentmmrec/datasets';
import type { TextEncoder } from '@agentmmrec/encoders';
import { type KnowledgeEntry, type KnowledgeMemory, type KnowledgeView, openMemory } from '@agentmmrec/memory';
import {
  type AcceptedRewrite,
  acceptedRewrites,
  type FeedbackFolds,
  type FeedbackHook,
  type FeedbackReport,
  type FeedbackRun,
  type FeedbackValues,
  feedbackFolds,
  feedbackOptions,
  feedbackRounds,
  type TrainingResult,
  withoutFolds,
} from '@agentmmrec/training';
import type { KnowledgeBench } from './knowledgeBench.js';

/** What a feedback phase needs. */
export interface PhaseRequest {
  readonly bench: KnowledgeBench;
  readonly encoder: TextEncoder;
  readonly feedback: Partial<FeedbackValues>;
  readonly run: FeedbackRun;
  /** whether the model itself uses knowledge, or its lists alone do */
  readonly inModel: boolean;
  /** whether what an interrupted phase left is gone on from */
  readonly resume: boolean;
  /** Trains the model of the run for so many epochs on interactions without the folds. */
  train(call: {
    readonly knowledge: Knowledge | null;
    readonly interactions: Interactions;
    readonly epochs: number;
    readonly hook: FeedbackHook;
  }): Promise<TrainingResult>;
}

/** What a phase came to. */
export interface PhaseResult {
  /** moment of the memory with all that stays of the phase */
  readonly sequence: number;
  readonly reports: TrainingResult['feedbackReports'];
}

/**
 * A feedback phase (docs/method.md#feedback): a model is trained without two folds, on knowledge made without them, and its rounds rewrite
 * preferences from one fold and judge them by the other. What stays is then written into the memory of the whole training data, each
 * rewrite made once more on the entry that knows all of the user's items. Every source is audited. A finished phase is found again.
 */
export async function feedbackPhase(request: PhaseRequest): Promise<PhaseResult> {
  const { bench, run } = request;
  const { training, log } = bench.request;
  const memory = await bench.memory();
  const key = `feedback-phase|${run.id}|end`;
  const done = memory.journal.find(key);
  if (done) return done.value as PhaseResult;
  const path = phasePath(memory.path);
  if (!request.resume) removeMemory(path);
  const apart = openMemory({ path, fingerprint: memory.fingerprint, mode: 'write' });
  try {
    const values = withDefaults(feedbackOptions, request.feedback);
    const streams = new RandomStreams(bench.request.options.knowledgeSeed);
    const folds = feedbackFolds(training.train, streams, run.sequence, values.feedbackUsers);
    const result = await scout(request, apart, folds, values);
    const accepted = acceptedRewrites(apart, run.id, values.feedbackPeriods);
    await carryOver(request, memory, folds, accepted);
    auditMemory(apart, training);
    auditMemory(memory, training);
    log.info(phaseLine(accepted, result.feedbackReports));
    const value: PhaseResult = { sequence: memory.sequence(), reports: result.feedbackReports };
    memory.journal.append({ key, value, interactions: [], inputTokens: 0, outputTokens: 0 });
    result.model.release();
    return value;
  } finally {
    apart.close();
    if (memory.journal.find(key)) removeMemory(path);
  }
}

/** Where a phase keeps the knowledge that knows no fold, until it ends. */
function phasePath(memoryPath: string): string {
  return memoryPath === ':memory:' ? memoryPath : `${memoryPath}.phase`;
}

function removeMemory(path: string): void {
  if (path === ':memory:' || !existsSync(path)) return;
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

/** Knowledge without the folds, and a model trained on it whose rounds rewrite it. */
async function scout(
  { bench, encoder, run, inModel, train }: PhaseRequest,
  apart: KnowledgeMemory,
  folds: FeedbackFolds,
  values: FeedbackValues,
): Promise<TrainingResult> {
  const { reasoner, options, rerankDepth, log, signal } = bench.request;
  const training = withoutFolds(bench.request.training, folds);
  if (reasoner.paid) copyUntouched(run, apart, training.train);
  const prompts = pickOptions(promptOptions, options);
  await buildKnowledge({ training, reasoner, memory: apart, ...prompts, log, ...(signal && { signal }) });
  const knowledge = await bench.assembleUnrefined(beginning(apart, run));
  const hook = feedbackRounds({
    training,
    folds,
    likeMinded: knowledge.bmu,
    reasoner,
    memory: apart,
    run,
    encoder,
    knowledgeEncoding: options.knowledgeEncoding,
    ...prompts,
    ...values,
    rerankDepth,
    log,
  });
  const epochs = values.feedbackEvery * values.feedbackPeriods;
  return await train({ knowledge: inModel ? knowledge : null, interactions: training.train, epochs, hook });
}

/** The knowledge before any round: a resumed phase trains with what it began with. */
function beginning(apart: KnowledgeMemory, run: FeedbackRun): KnowledgeView {
  const key = `feedback-phase|${run.id}|begin`;
  apart.journal.append({ key, value: apart.sequence(), interactions: [], inputTokens: 0, outputTokens: 0 });
  return apart.asOf((apart.journal.find(key)?.value as number | undefined) ?? apart.sequence());
}

/** Entries that were paid for and that training without the folds could have given as well need not be asked for again. */
function copyUntouched(run: FeedbackRun, apart: KnowledgeMemory, train: Interactions): void {
  const neighbourhood = new Neighbourhood(train);
  const copied = (['preference', 'property'] as const).flatMap((kind) =>
    [...run.knowledge.all(kind)].flatMap((entry) => {
      const sources = apart.has(kind, entry.entity) ? null : sourcesWithin(entry, neighbourhood);
      if (sources === null) return [];
      const { entity, parts, provenance } = entry;
      return [{ kind, entity, parts, provenance: { ...provenance, interactions: sources } }];
    }),
  );
  apart.putAll(copied);
}

/** Interactions of these that an entry may rest on; null where it shows what only others could tell. */
function sourcesWithin(
  { kind, entity, provenance }: KnowledgeEntry,
  neighbourhood: Neighbourhood,
): readonly Interaction[] | null {
  const { interactions, sampledItems } = provenance;
  if (kind === 'preference') {
    return interactions.every(([user, item]) => hasInteraction(neighbourhood.train, user, item)) ? interactions : null;
  }
  // What is shown of a property are items bought together with it: who bought them does not matter.
  const others = sampledItems.filter((item) => item !== entity);
  const witnesses = others.map((other) => neighbourhood.witness(entity, other));
  return witnesses.every(({ length }) => length > 0) ? witnesses.flat() : null;
}

/** Each rewrite that stays, made on the user's entry of all training items. One that fails for good is left out and said. */
async function carryOver(
  { bench, run }: PhaseRequest,
  memory: KnowledgeMemory,
  { rewriting }: FeedbackFolds,
  accepted: readonly AcceptedRewrite[],
): Promise<void> {
  const { training, reasoner, options, log, signal } = bench.request;
  await prepared(reasoner, training);
  const integrator = new Integrator({ training, reasoner, ...pickOptions(promptOptions, options) });
  await runCalls<number>({
    label: 'rewriting preferences',
    activity: 'feedback phase',
    counted: 'preferences',
    total: accepted.length,
    hint: 'resume the training: it goes on from the last finished call',
    reasoner,
    log,
    signal,
    next: counting(accepted.length),
    async work(at) {
      const { user, outcome } = accepted[at];
      const key = `feedback-phase|${run.id}|user|${user}`;
      const current = run.knowledge.get('preference', user);
      if (current === null || memory.journal.find(key)) return;
      const [item] = itemsOf(rewriting, user);
      const properties = run.knowledge.get('property', item)?.parts ?? { text: null, visual: null, crossModal: null };
      const { ndcgBase, ndcgReranked } = outcome;
      const input = {
        user,
        preferences: current.parts,
        truth: [{ item, properties }],
        ndcgBase,
        ndcgReranked,
        attempt: outcome.keptAttempt,
      };
      const { entry } = await integrator.update(current, input, signal);
      await memory.grouped(() => {
        const value = { version: memory.put(entry) };
        const { interactions } = entry.provenance;
        memory.journal.append({ key, value, interactions, inputTokens: 0, outputTokens: 0 });
      });
    },
    failed: (at, reason) => log.warn(`user ${training.userIds[accepted[at].user]} keeps their preference: ${reason}`),
  });
}

async function prepared(reasoner: Reasoner, { content, train }: TrainingData): Promise<void> {
  if (content !== null) await reasoner.prepare(content, train);
}

function phaseLine(accepted: readonly AcceptedRewrite[], reports: PhaseResult['reports']): string {
  // A model that is reckoned in one go, or that stops early, never comes to the end of a period.
  if (reports.length === 0) {
    return 'feedback: no round, because the training without the folds ended before the first (--feedback-every); now the model is fitted to all of training';
  }
  const rewritten = reports.reduce((sum, { report }) => sum + ((report as FeedbackReport).decision?.users ?? 0), 0);
  return `feedback: ${accepted.length} preferences rewritten of ${rewritten} that were tried; now the model is fitted to all of training`;
}
