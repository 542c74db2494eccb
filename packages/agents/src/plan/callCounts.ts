import { AmrError, Breather } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import { estimateTokens } from '@agentmmrec/llm';
import { EntryCalls } from '../integrator/entryCalls.js';
import { contextBytes, itemRow, neighbourBytes, targetBytes } from '../llm/promptRows.js';
import type { PictureLimit } from '../llm/question.js';
import { requireContent } from '../reasoning/content.js';
import { shows } from '../reasoning/modality.js';
import { type ModalityTask, PROMPT_NEIGHBOURS } from '../reasoning/reasoner.js';

/** How many calls a data set needs, by stage and modality. */
export interface CallCounts {
  readonly users: number;
  readonly items: number;
  readonly preferences: Readonly<Record<ModalityTask, number>>;
  readonly properties: Readonly<Record<ModalityTask, number>>;
  readonly refinements: number;
  /** pictures in the calls of each stage */
  readonly images: { readonly preferences: number; readonly properties: number; readonly refinements: number };
  /** tokens of an item's text on average: as the subject of a prompt, as one of a user's items, as a co-purchased one */
  readonly itemTokens: { readonly target: number; readonly neighbour: number; readonly context: number };
  /** `measured` on the data set, or `assumed` for bare counts */
  readonly basis: 'measured' | 'assumed';
}

/** Assumed for bare counts: catalogue text of the Amazon kind. */
const ASSUMED_ITEM_TOKENS = { target: 260, neighbour: 190, context: 140 };
/** Tasks that show pictures. */
const pictureTasks = ['visual', 'multimodal'] as const;

/**
 * The calls for a data set of which only the size is known, every item with text and a picture and every user with `promptNeighbours`
 * items: 3 (|U| + |I|) to build and |I| to refine (the paper's Table 9).
 */
export function fullContentCounts(
  users: number | null,
  items: number | null,
  { pictures, promptNeighbours = PROMPT_NEIGHBOURS }: Pick<ContentCountOptions, 'pictures' | 'promptNeighbours'>,
): CallCounts {
  if (!isCount(users)) throw noCount('users', users);
  if (!isCount(items)) throw noCount('items', items);
  const each = (count: number) => ({ text: count, visual: count, multimodal: count });
  const shown = (stage: 'preference' | 'property', views: number) =>
    pictureTasks.reduce((sum, task) => sum + Math.min(views, pictures(`${stage}-${task}`)), 0);
  const images = {
    preferences: shown('preference', promptNeighbours) * users,
    properties: shown('property', 1 + promptNeighbours) * items,
    refinements: Math.min(1, pictures('refine-graph')) * items,
  };
  const itemTokens = ASSUMED_ITEM_TOKENS;
  return {
    users,
    items,
    preferences: each(users),
    properties: each(items),
    refinements: items,
    images,
    itemTokens,
    basis: 'assumed',
  };
}

function isCount(value: number | null): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

function noCount(what: 'users' | 'items', value: number | null): AmrError {
  const got = value === null ? 'none' : String(value);
  const hint = `give --${what} as counted in the data set`;
  return new AmrError({ what: `number of ${what}`, got, expected: 'a whole number above 0', hint });
}

export interface ContentCountOptions {
  readonly knowledgeSeed: number;
  readonly pictures: PictureLimit;
  readonly promptNeighbours?: number;
  readonly seesImages?: boolean;
}

/**
 * The calls that the Integrator and the Utilizer make for a data set: the modalities of each item as they are, the items of each
 * user as they will be sampled.
 * @throws AmrError input when the data set has no content
 */
export function contentCounts(training: TrainingData, options: ContentCountOptions): CallCounts {
  const counting = contentCounting(training, options);
  for (;;) {
    const step = counting.next();
    if (step.done) return step.value;
  }
}

/**
 * As `contentCounts`, which takes seconds for a large data set; can be stopped meanwhile.
 * @throws the signal's reason
 */
export async function stoppableContentCounts(
  training: TrainingData,
  options: ContentCountOptions,
  signal: AbortSignal,
): Promise<CallCounts> {
  const counting = contentCounting(training, options);
  const breather = new Breather();
  for (;;) {
    const step = counting.next();
    if (step.done) return step.value;
    await breather.breathe();
    signal.throwIfAborted();
  }
}

/** A step for each user and item. */
function* contentCounting(
  training: TrainingData,
  { knowledgeSeed, pictures, promptNeighbours = PROMPT_NEIGHBOURS, seesImages = true }: ContentCountOptions,
): Generator<void, CallCounts> {
  const content = requireContent(training);
  const calls = new EntryCalls({ training, knowledgeSeed, promptNeighbours, reasoner: { seesImages } });
  const none = { text: 0, visual: 0, multimodal: 0 };
  const [preferences, properties] = [{ ...none }, { ...none }];
  const images = { preferences: 0, properties: 0, refinements: 0 };
  for (let user = 0; user < training.users; user++) {
    yield;
    for (const { task, neighbours: shown } of calls.preference(user).calls) {
      preferences[task]++;
      if (task !== 'text') images.preferences += Math.min(shown.length, pictures(`preference-${task}`));
    }
  }
  for (let item = 0; item < training.items; item++) {
    yield;
    if (seesImages && shows(content[item], 'visual')) images.refinements += Math.min(1, pictures('refine-graph'));
    for (const { task, neighbours: shown } of calls.property(item).calls) {
      properties[task]++;
      if (task !== 'text') images.properties += Math.min(1 + shown.length, pictures(`property-${task}`));
    }
  }
  const { users, items } = training;
  const itemTokens = measuredTokens(content);
  return { users, items, preferences, properties, refinements: items, images, itemTokens, basis: 'measured' };
}

const MEASURED_ITEMS = 2000;

function measuredTokens(content: TrainingData['content'] & object): CallCounts['itemTokens'] {
  const step = Math.max(1, Math.floor(content.length / MEASURED_ITEMS));
  const sampled = content.filter((_, at) => at % step === 0);
  const average = (limits: typeof targetBytes) => {
    const tokens = sampled.map((item) => estimateTokens(JSON.stringify(itemRow('P1', item, limits, 1))));
    return tokens.reduce((sum, one) => sum + one, 0) / Math.max(1, sampled.length);
  };
  return { target: average(targetBytes), neighbour: average(neighbourBytes), context: average(contextBytes) };
}

/** How often and on whom feedback rounds are held: see `feedbackOptions` of the training. */
export interface FeedbackSize {
  readonly feedbackPeriods: number;
  readonly feedbackUsers: number;
  /** rewrites of a user in a round, at most */
  readonly feedbackAttempts: number;
}

/**
 * The calls of the rounds, at most, beside the entries of the users that are rebuilt without the folds: one rewrite of each user that is
 * carried over; in each round a reranking, and for each attempt a rewrite and a reranking.
 */
export function feedbackCalls(
  { feedbackPeriods, feedbackUsers, feedbackAttempts }: FeedbackSize,
  allUsers: number,
): { readonly users: number; readonly updates: number; readonly rerankings: number } {
  const users = feedbackPeriods > 0 ? Math.min(feedbackUsers, allUsers) : 0;
  const asked = feedbackPeriods * users;
  return { users, updates: asked * feedbackAttempts + users, rerankings: asked * (1 + feedbackAttempts) };
}
