import type { ComparisonResult } from './comparisonTable.js';
import { nameOf } from './recipes.js';
import type { RunRecord } from './runRecord.js';
import { type ComparedRow, compareRows, summarize } from './statistics/comparison.js';
import { type Recipe, type SharedSettings, type Study, settingsOf } from './study.js';
import { type Grid, optionWords, tuneByOption } from './tuning.js';

/** What LightGCN may choose from on real data, on validation only. */
const lightgcnGrid: Grid = { layers: [1, 2, 3, 4], l2: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1] };

/** Rows that a recipe can be put beside. */
export const comparisonNames = ['lightgcn', 'no-knowledge'] as const;
/** The name of a row that stands beside. */
export type ComparisonName = (typeof comparisonNames)[number];

export interface DatasetComparison extends ComparisonResult {
  readonly seeds: readonly number[];
}

/**
 * A recipe on one data set beside others, seed by seed: LightGCN with layers and weight chosen on validation (with the first seed), and
 * the recipe without knowledge. Differences in Recall@20 and NDCG@20, paired over users and seeds.
 * @param records of the recipe, one a seed
 */
export async function compareOnDataset(
  study: Study,
  recipe: Recipe,
  records: readonly RunRecord[],
  names: readonly ComparisonName[],
  settings: SharedSettings,
): Promise<DatasetComparison> {
  const seeds = records.map(({ seed }) => seed);
  const main: ComparedRow = { label: recipe.label, runs: records, reranked: true };
  const reranked = records.every(({ testReranked }) => testReranked !== null);
  const rows: ComparedRow[] = [
    main,
    ...(reranked ? [{ ...main, label: `${recipe.label} before reranking`, reranked: false }] : []),
  ];
  const baselines: ComparedRow[] = [];
  if (names.includes('no-knowledge') && recipe.knowledge !== 'none') {
    const { feedback: _, ...kept } = recipe;
    const without: Recipe = {
      ...kept,
      label:
        recipe.model === 'agentmmrec'
          ? nameOf({ ...kept, knowledge: 'none', rerank: 'none' })
          : `${recipe.label} without knowledge`,
      knowledge: 'none',
      rerank: 'none',
    };
    baselines.push({ label: without.label, runs: await runSeeds(study, without, seeds, settings), reranked: false });
  }
  if (names.includes('lightgcn')) baselines.push(await tunedLightgcn(study, seeds, settings));
  const differences = rows.flatMap((row) =>
    baselines.flatMap((baseline) =>
      (['recall@20', 'ndcg@20'] as const).map((metric) => compareRows(row, baseline, metric)),
    ),
  );
  return { seeds, rows: [...rows, ...baselines].map(summarize), differences };
}

async function tunedLightgcn(study: Study, seeds: readonly number[], settings: SharedSettings): Promise<ComparedRow> {
  const base: Recipe = { label: 'LightGCN', model: 'lightgcn', options: {}, knowledge: 'none', rerank: 'none' };
  const [first, ...others] = seeds;
  const tuned = await tuneByOption(study, base, lightgcnGrid, first, settings);
  const runs = [
    await study.finish(tuned.recipe, first, tuned.run),
    ...(await runSeeds(study, tuned.recipe, others, settings)),
  ];
  const { layers, l2 } = runs[0].options;
  const note = `${optionWords({ layers, l2 })} chosen on validation from ${tuned.trials.length} runs with seed ${first}`;
  return { label: base.label, runs, reranked: false, note };
}

async function runSeeds(
  study: Study,
  recipe: Recipe,
  seeds: readonly number[],
  settings: SharedSettings,
): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (const seed of seeds) records.push(await study.run(recipe, seed, settingsOf(recipe, seed, settings)));
  return records;
}
