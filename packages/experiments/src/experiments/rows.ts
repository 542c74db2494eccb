import { findModel, type Model, readModelOptions, shownName, withGraphs } from '@agentmmrec/models';
import { nameOf, nameWithoutReranking, plain } from '../recipes.js';
import type { BareRecipe } from '../runs/runSpec.js';
import type { SearchSpace } from '../search/ranges.js';
import type { ExperimentRow, PlanContext } from './contract.js';

/** What needs no training by gradients, and recommenders of the years before multimodal ones: below a line of their own. */
export const simpleModels: readonly string[] = [
  'popularity',
  'itemknn',
  'ease',
  'slim',
  'ials',
  'bpr',
  'vbpr',
  'lightgcn',
];
export const simpleGroup = 'Simple models';

/** Names as their papers write them; others are written as in the record. */
const written: Readonly<Record<string, string>> = {
  agentmmrec: 'AgentMMRec',
  popularity: 'Popularity',
  itemknn: 'ItemKNN',
  ease: 'EASE',
  slim: 'SLIM',
  ials: 'iALS',
  bpr: 'BPR',
  vbpr: 'VBPR',
  lightgcn: 'LightGCN',
  mmgcn: 'MMGCN',
  dualgnn: 'DualGNN',
  lattice: 'LATTICE',
  slmrec: 'SLMRec',
  freedom: 'FREEDOM',
  bm3: 'BM3',
  mmssl: 'MMSSL',
  llmrec: 'LLMRec',
  lgmrec: 'LGMRec',
  diffmm: 'DiffMM',
  smore: 'SMORE',
  befa: 'BeFA',
  mentor: 'MENTOR',
  cohesion: 'COHESION',
  hpmrec: 'HPMRec',
  even: 'EVEN',
  frerec: 'FreRec',
};

/** A model's name in a table. */
export function writtenName(model: string): string {
  const shown = shownName(model);
  return written[model] === undefined ? shown : shown.replace(model, written[model]);
}

/** What a row is called: the model and what it gets, or what AgentMMRec lacks. */
export function rowName(recipe: BareRecipe): string {
  const name = nameOf(recipe);
  return name.replace(shownName(recipe.model), writtenName(recipe.model));
}

/** A row for a recipe, or in its place why it cannot be run on these data. */
export function row(context: PlanContext, recipe: BareRecipe, more: Partial<ExperimentRow> = {}): ExperimentRow {
  const missing = missingFor(context, recipe);
  return { label: rowName(recipe), recipe, ...(missing && { missing }), ...more };
}

/** A row for the lists of a recipe that reranks as they were before: it shares the run of the row after. */
export function rowWithoutReranking(
  context: PlanContext,
  recipe: BareRecipe,
  more: Partial<ExperimentRow> = {},
): ExperimentRow {
  return row(context, recipe, { label: nameWithoutReranking(recipe), beforeReranking: true, ...more });
}

/**
 * A model with its defaults and, where rows are searched, the same model with options chosen on validation.
 * @param widths that the search tries besides the model's own, each with all else that it tries; none: the width is not searched
 */
export function twice(
  context: PlanContext,
  recipe: BareRecipe,
  more: Partial<ExperimentRow> = {},
  widths: readonly number[] = [],
): ExperimentRow[] {
  const base = row(context, recipe, more);
  const space = context.tuning(recipe.model);
  if (space === undefined) return [base];
  const search = { ...space, ...widthsOf(recipe, widths) };
  const { paper: _, ...tuned } = base;
  return [base, { ...tuned, label: `${base.label}, tuned`, search, ownOptionsToo: true }];
}

/** The model's own width and others, as a range to search; nothing for a model without one, or where no others are asked for. */
function widthsOf({ model, options }: BareRecipe, others: readonly number[]): SearchSpace {
  const own: Readonly<Record<string, unknown>> = readModelOptions(findModel(model), options);
  if (others.length === 0 || typeof own.dimensions !== 'number') return {};
  return { dimensions: { values: [...new Set([own.dimensions, ...others])] } };
}

/** Whether somebody makes knowledge, and of something. */
export function hasKnowledge({ source, data }: PlanContext): boolean {
  return source !== null && data.readable;
}

/**
 * Models besides AgentMMRec and the simple ones, with the options of their sources. Where nothing can be made of knowledge LLMRec is run
 * without what it adds to its graph, and is called so.
 */
export function publishedModels(context: PlanContext): BareRecipe[] {
  const published = context.models
    .filter((name) => name !== 'agentmmrec' && !simpleModels.includes(name))
    .map(asPublished);
  return hasKnowledge(context) ? published : published.map((recipe) => ({ ...recipe, knowledge: 'none' as const }));
}

/** A model with the options of its source: its defaults, where no preset says otherwise. */
export function asPublished(model: string): BareRecipe {
  return plain(model, findModel(model).presets?.source ? { preset: 'source' } : {});
}

/** The model with the graphs of the knowledge on top. */
export function plusGraphs(model: string): BareRecipe {
  return { ...plain(withGraphs(findModel(model)).name), knowledge: 'made' };
}

function missingFor(context: PlanContext, { model, knowledge, rerank, feedback }: BareRecipe): string | null {
  const { needs }: Model = findModel(model);
  const asksKnowledge = knowledge !== 'none' || rerank !== 'none' || feedback !== undefined;
  if (asksKnowledge && context.source === null) return 'needs knowledge: name --reasoner';
  if (asksKnowledge && !context.data.readable) {
    return 'needs titles, descriptions or pictures to make knowledge of, which these data do not have';
  }
  if (needs.includes('features') && !context.data.hasFeatures) {
    return 'needs features of the items, which these data do not have';
  }
  return null;
}
