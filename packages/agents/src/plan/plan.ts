import { DEFAULT_FAMILY, IMAGE_TOKENS, type Prices, type PromptCatalog, type PromptTaskName } from '@agentmmrec/llm';
import { CANDIDATES } from '../augmentation/candidates.js';
import { assemblyOptions } from '../knowledgeOptions.js';
import { modalityTasks } from '../reasoning/modality.js';
import { type ModalityTask, PROMPT_NEIGHBOURS } from '../reasoning/reasoner.js';
import { type CallCounts, type FeedbackSize, feedbackCalls } from './callCounts.js';

/** What a plan is made for. */
export interface PlanOptions {
  readonly counts: CallCounts;
  readonly prompts: PromptCatalog;
  readonly promptFamily?: string;
  /** Y */
  readonly promptNeighbours?: number;
  /** k of the refined graph */
  readonly kItems?: number;
  /** candidates of a refinement beside those by content */
  readonly coPurchaseCandidates?: number;
  /** N: the list of a reranking */
  readonly rerankDepth: number;
  /** measured or given; without it no hours */
  readonly callsPerSecond?: number;
  readonly prices?: Prices;
  readonly feedback?: FeedbackSize;
  /** users reranked in the final evaluation; all */
  readonly rerankedUsers?: number;
  /** with LLMRec's augmentation; default: without */
  readonly augmentation?: boolean;
}

/** Calls of one kind. */
export interface PlanRow {
  readonly stage: 'preferences' | 'properties' | 'refinement' | 'augmentation' | 'feedback' | 'final reranking';
  readonly task: PromptTaskName;
  readonly calls: number;
  readonly images: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a sum of rows costs. */
export interface PlanCost {
  readonly calls: number;
  readonly images: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** null without a rate */
  readonly hours: number | null;
  /** null without prices */
  readonly money: number | null;
}

/** What knowledge about a data set will take. */
export interface KnowledgePlan {
  readonly basis: CallCounts['basis'];
  readonly rows: readonly PlanRow[];
  /** preferences and properties: what `knowledge build` calls */
  readonly building: PlanCost;
  readonly refining: PlanCost;
  readonly knowledge: PlanCost;
  /** at most: every user of a round is rewritten in every attempt */
  readonly feedback: PlanCost;
  readonly finalReranking: PlanCost;
  readonly augmentation: PlanCost;
  readonly total: PlanCost;
}

/** Tokens of texts whose length is not known before: a part of an entry, and a candidate's share of one in a list. */
const PART_TOKENS = 150;
const CANDIDATE_TOKENS = { refinement: 110, reranking: 3 * 60, augmentation: 60 };
const NAME_TOKENS = 6;

/** Calls, pictures, tokens, hours and money of a run before its first call. */
export function planKnowledge(options: PlanOptions): KnowledgePlan {
  const rows = [
    ...buildingRows(options),
    ...augmentationRows(options),
    ...feedbackRows(options),
    ...rerankingRows(options),
  ];
  const sum = (...stages: PlanRow['stage'][]) =>
    cost(
      rows.filter((row) => stages.includes(row.stage)),
      options,
    );
  return {
    basis: options.counts.basis,
    rows,
    building: sum('preferences', 'properties'),
    refining: sum('refinement'),
    knowledge: sum('preferences', 'properties', 'refinement'),
    feedback: sum('feedback'),
    finalReranking: sum('final reranking'),
    augmentation: sum('augmentation'),
    total: cost(rows, options),
  };
}

function buildingRows(options: PlanOptions): PlanRow[] {
  const { counts, promptNeighbours = PROMPT_NEIGHBOURS, kItems = assemblyOptions.kItems.default } = options;
  const { target, neighbour, context } = counts.itemTokens;
  const rows: PlanRow[] = [];
  for (const task of modalityTasks) {
    // A task about looks shows names in place of texts.
    const [one, many, own] = task === 'visual' ? [NAME_TOKENS, NAME_TOKENS, NAME_TOKENS] : [neighbour, context, target];
    const calls = counts.preferences[task];
    const images = task === 'text' ? 0 : share(counts.images.preferences, calls, counts.preferences);
    const data = promptNeighbours * one;
    rows.push(row(options, { stage: 'preferences', task: `preference-${task}`, calls, images, data }));
    const itemCalls = counts.properties[task];
    const itemImages = task === 'text' ? 0 : share(counts.images.properties, itemCalls, counts.properties);
    const ofItem = { calls: itemCalls, images: itemImages, data: own + promptNeighbours * many };
    rows.push(row(options, { stage: 'properties', task: `property-${task}`, ...ofItem }));
  }
  const candidates = 2 * kItems + (options.coPurchaseCandidates ?? assemblyOptions.coPurchaseCandidates.default);
  const data = target + (1 + promptNeighbours) * 3 * PART_TOKENS + candidates * CANDIDATE_TOKENS.refinement;
  rows.push(
    row(options, {
      stage: 'refinement',
      task: 'refine-graph',
      calls: counts.refinements,
      images: counts.images.refinements,
      data,
      output: kItems * NAME_TOKENS,
    }),
  );
  return rows;
}

/** A profile and edges of every user with texts, attributes of every item with text. */
function augmentationRows(options: PlanOptions): PlanRow[] {
  const { augmentation = false, counts, promptNeighbours: neighbours = PROMPT_NEIGHBOURS } = options;
  if (!augmentation) return [];
  const { target, neighbour } = counts.itemTokens;
  const [users, items] = [counts.preferences.text, counts.properties.text];
  const shown = (neighbours + CANDIDATES) * CANDIDATE_TOKENS.augmentation;
  return [
    row(options, { stage: 'augmentation', task: 'user-profile', calls: users, data: neighbours * neighbour }),
    row(options, { stage: 'augmentation', task: 'item-attributes', calls: items, data: target }),
    row(options, { stage: 'augmentation', task: 'augment-edges', calls: users, data: shown }),
  ];
}

/** Pictures of one of the two tasks that show them, by its part of their calls. */
function share(images: number, calls: number, of: Readonly<Record<ModalityTask, number>>): number {
  const all = of.visual + of.multimodal;
  return all === 0 ? 0 : Math.round((images * calls) / all);
}

/**
 * The three parts of each user's entry rebuilt without the folds, and the rounds. The few properties that only the folds could tell are not
 * counted.
 */
function feedbackRows(options: PlanOptions): PlanRow[] {
  const { feedback, counts, promptNeighbours = PROMPT_NEIGHBOURS } = options;
  if (!feedback) return [];
  const { users, updates, rerankings } = feedbackCalls(feedback, counts.users);
  const { neighbour } = counts.itemTokens;
  const rebuilt = modalityTasks
    .filter((task) => counts.preferences[task] > 0)
    .map((task) => {
      const calls = Math.round((users * counts.preferences[task]) / counts.users);
      const images =
        task === 'text'
          ? 0
          : Math.round(
              (share(counts.images.preferences, counts.preferences[task], counts.preferences) * calls) /
                counts.preferences[task],
            );
      const data = promptNeighbours * (task === 'visual' ? NAME_TOKENS : neighbour);
      return row(options, { stage: 'feedback', task: `preference-${task}`, calls, images, data });
    });
  const data = 6 * PART_TOKENS;
  const update = row(options, { stage: 'feedback', task: 'update-preference', calls: updates, data });
  return [...rebuilt, update, rerankRow(options, 'feedback', rerankings)];
}

function rerankingRows(options: PlanOptions): PlanRow[] {
  const { counts, rerankedUsers = counts.users } = options;
  return [rerankRow(options, 'final reranking', Math.min(rerankedUsers, counts.users))];
}

function rerankRow(options: PlanOptions, stage: PlanRow['stage'], calls: number): PlanRow {
  const { rerankDepth } = options;
  const data = 3 * PART_TOKENS + rerankDepth * CANDIDATE_TOKENS.reranking;
  return row(options, { stage, task: 'rerank', calls, data, output: rerankDepth * NAME_TOKENS });
}

/** Calls of one task in one stage. */
interface PlannedCalls extends Pick<PlanRow, 'stage' | 'calls'> {
  readonly task: PromptTaskName;
  /** of all calls together; default: none */
  readonly images?: number;
  /** tokens of the data of one call, pictures apart */
  readonly data: number;
  /** tokens of one answer, where the template's own do not hold */
  readonly output?: number;
}

function row(
  { prompts, promptFamily = DEFAULT_FAMILY }: PlanOptions,
  { stage, task, calls, images = 0, data, output }: PlannedCalls,
): PlanRow {
  const { fixedTokens, budget } = prompts.get(task, promptFamily);
  const text = Math.min(budget.inputTokens, fixedTokens + Math.round(data));
  return {
    stage,
    task,
    calls,
    images,
    inputTokens: calls * text + images * IMAGE_TOKENS,
    outputTokens: calls * (output ?? budget.expectedOutputTokens),
  };
}

function cost(rows: readonly PlanRow[], { callsPerSecond, prices }: PlanOptions): PlanCost {
  const sum = (field: 'calls' | 'images' | 'inputTokens' | 'outputTokens') =>
    rows.reduce((total, one) => total + one[field], 0);
  const [calls, inputTokens, outputTokens] = [sum('calls'), sum('inputTokens'), sum('outputTokens')];
  return {
    calls,
    images: sum('images'),
    inputTokens,
    outputTokens,
    hours: callsPerSecond === undefined ? null : calls / callsPerSecond / 3600,
    money: prices ? (inputTokens * prices.inputPrice + outputTokens * prices.outputPrice) / 1e6 : null,
  };
}
