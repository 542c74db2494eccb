import { defaultsOf } from '@agentmmrec/core';
import { catalogOptions } from '@agentmmrec/datasets';
import { recordsOf } from '../comparison/compareOnDataset.js';
import type { ComparisonResult } from '../comparison/comparisonTable.js';
import type { ExecutedRow } from '../execution/execute.js';
import type { ExperimentRow } from '../experiments/contract.js';
import { optionWords } from '../search/search.js';
import { type ComparedRow, compareRows, type PairedDifference, summarize } from '../statistics/comparison.js';
import type { RunRecord } from '../study/runRecord.js';
import type { Recipe } from '../study/studyRequest.js';
import { type DemoRequest, onCatalog } from './catalogRuns.js';
import {
  feedbackRecipe,
  fullRecipe,
  graphAblations,
  lightgcnRecipe,
  permutedKnowledge,
  vbprRecipe,
  withoutKnowledge,
  withoutRerankingLabel,
} from './demoRows.js';
import { demoSpaces } from './demoSetting.js';

export interface DemoResult extends ComparisonResult {
  readonly catalogSeeds: readonly number[];
  readonly users: number;
  readonly items: number;
  readonly device: string;
  readonly reasoner: string;
  readonly seconds: number;
  /** by row label, the curve of each seed */
  readonly curves: Readonly<Record<string, readonly RunRecord['curve'][]>>;
  /** by label of the rows that choose on validation, the options chosen on each catalog */
  readonly chosen: Readonly<Record<string, readonly string[]>>;
  /** share of refined neighbours that differ from fused similarity, mean over catalogs */
  readonly refinedShare: number;
}

const metric = 'recall@20';

/**
 * The main job on synthetic catalogs: knowledge from the extractive reasoner, every row trained on each catalog, test opened once
 * a run. Rows and their paired differences come from catalogs whose seeds are given.
 */
export async function runDemo(request: DemoRequest): Promise<DemoResult> {
  const started = performance.now();
  const runs = new Map<string, RunRecord[]>();
  const chosen = new Map<string, string[]>();
  const refinedShares: number[] = [];
  const size = { ...defaultsOf('demo', catalogOptions), ...definedSizes(request) };
  const keep = (executed: readonly ExecutedRow[]): void => {
    for (const { row, runs: own, searched } of executed) {
      runs.set(row.label, [...(runs.get(row.label) ?? []), ...recordsOf({ row, runs: own })]);
      if (!searched) continue;
      const words = `${optionWords(searched.chosen)} (of ${searched.trials.length} runs)`;
      chosen.set(row.label, [...(chosen.get(row.label) ?? []), words]);
    }
  };
  for (const catalogSeed of request.catalogSeeds) {
    await onCatalog(request, size, catalogSeed, async (catalog) => {
      const searched = await catalog.execute([
        rowOf(lightgcnRecipe, { search: demoSpaces.lightgcn }),
        rowOf(vbprRecipe, { search: demoSpaces.vbpr }),
        rowOf(withoutKnowledge, { search: demoSpaces.agentmmrec }),
        rowOf(fullRecipe, { search: demoSpaces.agentmmrec }),
      ]);
      keep(searched);
      // A part is left out of the whole as it was chosen.
      const options = searched.at(-1)?.searched?.chosen ?? {};
      const lacking = [permutedKnowledge, ...graphAblations, feedbackRecipe];
      keep(
        await catalog.execute(
          lacking.map((recipe) => rowOf({ ...recipe, options: { ...options, ...recipe.options } })),
        ),
      );
      refinedShares.push(await catalog.refinedShare());
      request.log.info(`catalog ${catalogSeed}: done`);
    });
  }
  const rows = rowsOf(runs);
  return {
    catalogSeeds: request.catalogSeeds,
    users: size.users,
    items: size.items,
    device: request.device.description,
    reasoner: 'extractive',
    seconds: (performance.now() - started) / 1000,
    rows: rows.map(summarize),
    differences: differencesOf(rows),
    curves: Object.fromEntries([...runs].map(([label, records]) => [label, records.map(({ curve }) => curve)])),
    chosen: Object.fromEntries(chosen),
    refinedShare: refinedShares.reduce((sum, share) => sum + share, 0) / refinedShares.length,
  };
}

function rowOf({ label, ...recipe }: Recipe, more: Pick<ExperimentRow, 'search'> = {}): ExperimentRow {
  return { label, recipe, ...more };
}

function rowsOf(runs: ReadonlyMap<string, readonly RunRecord[]>): ComparedRow[] {
  const row = (recipe: Recipe, reranked = false, label = recipe.label): ComparedRow => {
    return { label, runs: runs.get(recipe.label) ?? [], reranked };
  };
  return [
    row(lightgcnRecipe),
    row(vbprRecipe),
    row(fullRecipe, false, withoutRerankingLabel),
    row(fullRecipe, true),
    row(feedbackRecipe, true),
    ...[withoutKnowledge, permutedKnowledge, ...graphAblations].map((recipe) => row(recipe)),
  ];
}

/**
 * What the table is there to answer: the whole against the baselines, and each part against the row that lacks it alone. Ablations
 * are compared without reranking, like with like.
 */
function differencesOf(rows: readonly ComparedRow[]): PairedDifference[] {
  const find = (label: string): ComparedRow => {
    const found = rows.find((row) => row.label === label);
    if (!found) throw new Error(`no row ${label}`);
    return found;
  };
  const full = find(fullRecipe.label);
  const before = find(withoutRerankingLabel);
  return [
    compareRows(full, find(lightgcnRecipe.label), metric),
    compareRows(full, find(vbprRecipe.label), metric),
    compareRows(full, find(withoutKnowledge.label), metric),
    compareRows(full, find(permutedKnowledge.label), metric),
    compareRows(full, before, metric),
    compareRows(find(feedbackRecipe.label), full, metric),
    ...[lightgcnRecipe, withoutKnowledge, permutedKnowledge, ...graphAblations].map(({ label }) =>
      compareRows(before, find(label), metric),
    ),
  ];
}

function definedSizes({ users, items }: DemoRequest): { users?: number; items?: number } {
  return { ...(users !== undefined && { users }), ...(items !== undefined && { items }) };
}
