import { AmrError, type OptionValues } from '@agentmmrec/core';
import { builtInEncoders } from '@agentmmrec/encoders';
import type { trainingOptions } from '@agentmmrec/training';
import { type ExecutedRow, executePlan } from '../execution/execute.js';
import { Expansion } from '../execution/expand.js';
import type { ExperimentRow } from '../experiments/contract.js';
import { nameOf, nameWithoutReranking, plain, withoutKnowledge } from '../recipes.js';
import { sizeOf } from '../runs/forecast.js';
import { launchHere } from '../runs/launchHere.js';
import { Runner } from '../runs/runner.js';
import type { RunPlace } from '../runs/runSpec.js';
import type { RunStore } from '../runs/runStore.js';
import type { SearchSpace } from '../search/ranges.js';
import { optionWords } from '../search/search.js';
import { type ComparedRow, compareRows, summarize } from '../statistics/comparison.js';
import type { RunRecord } from '../study/runRecord.js';
import type { Study } from '../study/study.js';
import type { Recipe } from '../study/studyRequest.js';
import type { ComparisonResult } from './comparisonTable.js';

/** What LightGCN may choose from on real data, on validation only; its default weight is tried with each number of layers. */
const lightgcnSpace: SearchSpace = { layers: { values: [1, 2, 3, 4] }, l2: { values: [1e-5, 1e-4, 1e-3, 1e-1] } };

/** Rows that a recipe can be put beside. */
export type ComparisonName = 'lightgcn' | 'no-knowledge';

/** What stands beside a recipe on one data set, and how it is trained. */
export interface ComparisonRequest {
  /** open on the data set; the rows beside need nothing of its memory */
  readonly study: Study;
  readonly recipe: Recipe;
  /** of the recipe, one a seed */
  readonly records: readonly RunRecord[];
  readonly names: readonly ComparisonName[];
  /** as the recipe was trained */
  readonly training: OptionValues<typeof trainingOptions>;
  /** keeps the runs beside: the same comparison finds them, and goes on with what was stopped */
  readonly store: RunStore;
  readonly place: Pick<RunPlace, 'data' | 'loading'>;
  readonly codeVersion: string;
}

export interface DatasetComparison extends ComparisonResult {
  readonly seeds: readonly number[];
}

/**
 * A recipe on one data set beside others, seed by seed: LightGCN with layers and weight chosen on validation (with the first seed), and
 * the recipe without knowledge. Differences in Recall@20 and NDCG@20, paired over users and seeds;
 * of reranked lists also to those before.
 * @throws AmrError interrupted: the next call goes on; failed: a run beside it failed
 */
export async function compareOnDataset(request: ComparisonRequest): Promise<DatasetComparison> {
  const { recipe, records } = request;
  const seeds = records.map(({ seed }) => seed);
  const main: ComparedRow = { label: recipe.label, runs: records, reranked: true };
  const reranked = records.every(({ testReranked }) => testReranked !== null);
  const rows: ComparedRow[] = [
    main,
    ...(reranked ? [{ ...main, label: labelWithoutReranking(recipe), reranked: false }] : []),
  ];
  const baselines = (await executed(request, seeds)).map(comparedRow);
  const compared = (row: ComparedRow, others: readonly ComparedRow[]) =>
    others.flatMap((other) => (['recall@20', 'ndcg@20'] as const).map((metric) => compareRows(row, other, metric)));
  const differences = [...rows.flatMap((row) => compared(row, baselines)), ...compared(main, rows.slice(1))];
  return { seeds, rows: [...rows, ...baselines].map(summarize), differences };
}

/** As other tables call it; where the person named the recipe, by that name. */
function labelWithoutReranking(recipe: Recipe): string {
  return recipe.label === nameOf(recipe) ? nameWithoutReranking(recipe) : `${recipe.label} without reranking`;
}

/** The rows that stand beside: studies execute theirs in the same way. */
async function executed(request: ComparisonRequest, seeds: readonly number[]): Promise<ExecutedRow[]> {
  const { study, store, training, place, codeVersion } = request;
  const { dataset, rerankDepth, log, signal = new AbortController().signal } = study.request;
  const { fingerprint } = dataset.training;
  const rows = rowsBeside(request);
  const { encoders = null } = await study.items.encodersIdentity();
  const expansion = new Expansion(rows, {
    ...{ fingerprint, training, rerankDepth, rerankWeight: null, source: null, encoders, codeVersion },
    place: { ...place, encoders: study.request.encoders ?? builtInEncoders, memory: null, reach: {} },
  });
  const launch = launchHere(store, (_run, work) => work(study));
  const bounds = { parallel: 1, memoryBytes: Number.POSITIVE_INFINITY };
  const runner = new Runner({ store, launch, size: sizeOf(dataset), ...bounds, log, signal });
  const search = { method: 'one-by-one', trials: 0, seed: seeds[0], epochs: training.epochs } as const;
  return await executePlan({ rows, comparisons: [], figures: [] }, expansion, runner, { seeds, search, log });
}

function rowsBeside({ recipe, names }: ComparisonRequest): ExperimentRow[] {
  const { label, ...bare } = recipe;
  const without = withoutKnowledge(bare);
  return [
    ...(names.includes('no-knowledge') && recipe.knowledge !== 'none'
      ? [{ label: recipe.model === 'agentmmrec' ? nameOf(without) : `${label} without knowledge`, recipe: without }]
      : []),
    ...(names.includes('lightgcn') ? [{ label: 'LightGCN', recipe: plain('lightgcn'), search: lightgcnSpace }] : []),
  ];
}

function comparedRow({ row, runs, searched }: ExecutedRow): ComparedRow {
  const note =
    searched &&
    `${optionWords(searched.chosen) || 'its defaults'} chosen on validation from ${searched.trials.length} runs with seed ${runs[0].seed}`;
  return { label: row.label, runs: recordsOf({ row, runs }), reranked: false, ...(note && { note }) };
}

/** What the runs of a row came to, seed by seed. @throws AmrError failed: one of them failed */
export function recordsOf({ row, runs }: Pick<ExecutedRow, 'row' | 'runs'>): RunRecord[] {
  return runs.map(({ outcome }) => {
    if (outcome.status === 'finished' && outcome.record) return outcome.record;
    throw new AmrError({
      what: row.label,
      got: outcome.status === 'failed' ? outcome.reason : 'no record',
      expected: 'a finished run',
      hint: 'run the same command again: what is finished is kept',
      kind: 'failed',
    });
  });
}
