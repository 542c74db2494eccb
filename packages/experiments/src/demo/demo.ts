import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { knowledgeOptions } from '@agentmmrec/agents';
import { defaultsOf, type Log, readOptions, silentLog } from '@agentmmrec/core';
import { catalogOptions, loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { rerankOptions, type TrainOptions } from '@agentmmrec/training';
import type { ComparisonResult } from '../comparisonTable.js';
import { makeReasoner } from '../reasoners.js';
import type { RunRecord } from '../runRecord.js';
import { type ComparedRow, compareRows, type PairedDifference, summarize } from '../statistics/comparison.js';
import { type Recipe, Study } from '../study.js';
import { type Grid, optionWords, tuneByOption, tuneOnValidation } from '../tuning.js';
import {
  beforeRerankLabel,
  feedbackRecipe,
  fullRecipe,
  graphAblations,
  lightgcnRecipe,
  permutedKnowledge,
  vbprRecipe,
  withoutKnowledge,
} from './demoRows.js';
import { agentmmrecGrid, demoTraining, lightgcnGrid, vbprGrid } from './demoSetting.js';

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
  for (const catalogSeed of request.catalogSeeds) {
    await onCatalog(request, size, catalogSeed, async (study) => {
      const keep = async (recipe: Recipe, record: Promise<RunRecord>): Promise<void> => {
        runs.set(recipe.label, [...(runs.get(recipe.label) ?? []), await record]);
      };
      const settings = { training: request.training ?? demoTraining };
      const choose = async (recipe: Recipe, tune: typeof tuneByOption, grid: Grid): Promise<Recipe['options']> => {
        const tuned = await tune(study, recipe, grid, catalogSeed, settings);
        const { options } = tuned.recipe;
        chosen.set(recipe.label, [...(chosen.get(recipe.label) ?? []), optionWords(options)]);
        await keep(recipe, study.finish(tuned.recipe, catalogSeed, tuned.run));
        request.log.info(`catalog ${catalogSeed}: ${recipe.label} done`);
        return options;
      };
      await choose(lightgcnRecipe, tuneOnValidation, lightgcnGrid);
      await choose(vbprRecipe, tuneByOption, vbprGrid);
      await choose(withoutKnowledge, tuneByOption, agentmmrecGrid);
      const options = await choose(fullRecipe, tuneByOption, agentmmrecGrid);
      for (const recipe of [permutedKnowledge, ...graphAblations, feedbackRecipe]) {
        const likeWhole = { ...recipe, options: { ...options, ...recipe.options } };
        await keep(recipe, study.run(likeWhole, catalogSeed, settings));
        request.log.info(`catalog ${catalogSeed}: ${recipe.label} done`);
      }
      refinedShares.push((await study.knowledge('made'))?.refined?.changedShare ?? 0);
    });
  }
  const rows = rowsOf(runs, chosen);
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

/** Draws the catalog, opens a study on it, and leaves nothing of either behind. */
async function onCatalog(
  { device, workspace, log, signal }: DemoRequest,
  size: { users: number; items: number },
  catalogSeed: number,
  work: (study: Study) => Promise<void>,
): Promise<void> {
  mkdirSync(workspace, { recursive: true });
  const folder = mkdtempSync(join(workspace, 'demo-'));
  const catalog = join(folder, 'catalog');
  try {
    await synthesizeCatalog({ ...size, seed: catalogSeed, folder: catalog, log, signal });
    const dataset = await loadDataset(catalog, { workspace: folder, splitSeed: catalogSeed, log: silentLog });
    const study = new Study({
      dataset,
      device,
      workspace: folder,
      reasoner: makeReasoner('extractive'),
      memoryPath: ':memory:',
      knowledgeOptions: readOptions('demo', knowledgeOptions, { knowledgeSeed: catalogSeed }),
      ...defaultsOf('demo', rerankOptions),
      log,
      signal,
    });
    try {
      await work(study);
    } finally {
      await study.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf(
  runs: ReadonlyMap<string, readonly RunRecord[]>,
  chosen: ReadonlyMap<string, readonly string[]>,
): ComparedRow[] {
  const row = (recipe: Recipe, reranked = false, label = recipe.label): ComparedRow => {
    const choices = chosen.get(recipe.label);
    const note = choices && `chosen on validation, by catalog: ${choices.join('; ')}`;
    return { label, runs: runs.get(recipe.label) ?? [], reranked, ...(note && { note }) };
  };
  return [
    row(lightgcnRecipe),
    row(vbprRecipe),
    row(fullRecipe, false, beforeRerankLabel),
    row(fullRecipe, true),
    row(feedbackRecipe, true),
    ...[withoutKnowledge, permutedKnowledge, ...graphAblations].map((recipe) => row(recipe)),
  ];
}

/**
 * What the table is there to answer: the whole against the baselines, and each part against the row that lacks it alone. Ablations
 * are compared before reranking, like with like.
 */
function differencesOf(rows: readonly ComparedRow[]): PairedDifference[] {
  const find = (label: string): ComparedRow => {
    const found = rows.find((row) => row.label === label);
    if (!found) throw new Error(`no row ${label}`);
    return found;
  };
  const full = find(fullRecipe.label);
  const before = find(beforeRerankLabel);
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
