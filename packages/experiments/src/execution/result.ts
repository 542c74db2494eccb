import type { Dataset } from '@agentmmrec/datasets';
import { type MetricName, metricNames } from '@agentmmrec/evaluation';
import type { Experiment, ExperimentPlan, Figure } from '../experiments/contract.js';
import type { PaperRow } from '../paper/paperRows.js';
import type { SearchResult } from '../search/search.js';
import {
  type ComparedRow,
  compareRows,
  corrected,
  deviation,
  mean,
  type PairedDifference,
  summarize,
} from '../statistics/comparison.js';
import { type GroupResult, groupsOf } from '../statistics/groups.js';
import { type SignificanceMatrix, significanceOf } from '../statistics/significance.js';
import type { Metrics, RunRecord } from '../study/runRecord.js';
import type { ExecutedRow } from './execute.js';
import { fillingsOf, type Provenance, provenanceOf, selectionsOf } from './provenance.js';
import {
  type Choice,
  choiceOf,
  deadlock,
  failuresOf,
  noChoice,
  noRound,
  type RowRemark,
  remarksOf,
} from './rowNotes.js';
import { type ShownUser, shownUsers } from './shownUsers.js';

export const resultFormat = 'agentmmrec-experiment/2';
/** Without digests. */
export const earlierFormat = 'agentmmrec-experiment/1';

/** A line of the table, as it stands: also where it does not help, and where it failed. */
export interface ResultRow {
  readonly label: string;
  readonly group: string | null;
  /** of finished runs */
  readonly seeds: readonly number[];
  /** null when no run finished */
  readonly mean: Metrics | null;
  /** sample standard deviation over seeds; 0 with one seed */
  readonly spread: Metrics | null;
  readonly paper: PaperRow | null;
  readonly epochs: number | null;
  readonly secondsPerEpoch: number | null;
  readonly peakRssBytes: number | null;
  /** of all its runs, with those of its search and those that filled the memory they began with */
  readonly calls: number;
  readonly tokens: number;
  readonly sweep: { readonly curve: string; readonly x: number } | null;
  /** how its options were chosen on validation; null: they are its own; absent in older results, whose notes say it */
  readonly choice?: Choice | null;
  readonly notes: readonly string[];
  /** why there are no numbers, or fewer seeds */
  readonly failures: readonly string[];
}

export interface ResultCurve {
  readonly label: string;
  /** mean over seeds, as far as all seeds went */
  readonly points: readonly {
    readonly epoch: number;
    readonly loss: number | null;
    readonly validRecall20: number | null;
  }[];
}

/** A finished experiment: what the page shows and the JSON beside it holds. */
export interface ExperimentResult {
  readonly format: typeof resultFormat | typeof earlierFormat;
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly shows: string | null;
  readonly data: DataFacts;
  readonly seeds: readonly number[];
  readonly figures: readonly Figure[];
  readonly columns: NonNullable<ExperimentPlan['columns']>;
  readonly rows: readonly ResultRow[];
  readonly differences: readonly PairedDifference[];
  readonly curves: readonly ResultCurve[];
  readonly groups: readonly GroupResult[];
  readonly significance: SignificanceMatrix | null;
  readonly users: readonly ShownUser[];
  readonly tables: NonNullable<ExperimentPlan['tables']>;
  readonly remarks: readonly string[];
  /** what some of the runs had to say; absent in older results, where it stands among the remarks */
  readonly rowRemarks?: readonly RowRemark[];
  readonly provenance: Provenance;
}

export interface DataFacts {
  readonly name: string;
  readonly fingerprint: string;
  readonly users: number;
  readonly items: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** items have texts or images, from which features are encoded where there are none */
  readonly content: boolean;
  readonly features: readonly { readonly modality: string; readonly width: number; readonly synthetic: boolean }[];
}

/** Metrics that pairs are compared in. */
const compared: readonly MetricName[] = ['recall@20', 'ndcg@20'];

/** Puts a finished plan together: rows, paired differences, figures. */
export function resultOf(call: {
  readonly experiment: Experiment;
  readonly plan: ExperimentPlan;
  readonly executed: readonly ExecutedRow[];
  readonly dataset: Dataset;
  readonly seeds: readonly number[];
  readonly provenance: Parameters<typeof provenanceOf>[1];
}): ExperimentResult {
  const { experiment, plan, executed, dataset, seeds } = call;
  const shown = executed.filter(({ row }) => !row.step);
  const provenance = provenanceOf(executed, call.provenance);
  const rows = new Map(shown.map((one) => [one.row.label, comparedRow(one)]));
  const finished = [...rows.values()].filter(({ runs }) => runs.length > 0);
  return {
    format: resultFormat,
    name: experiment.name,
    title: experiment.title,
    summary: experiment.summary,
    shows: experiment.shows,
    data: factsOf(dataset),
    seeds,
    figures: plan.figures,
    columns: plan.columns ?? [],
    rows: withOver(
      plan,
      shown.map((one) => resultRow(one, rows.get(one.row.label), deadlock(one, executed))),
    ),
    differences: corrected(
      plan.comparisons.flatMap(([label, baseline]) => differences(rows.get(label), rows.get(baseline))),
    ),
    curves: plan.figures.includes('curves') ? shown.filter(({ row }) => !row.beforeReranking).flatMap(curveOf) : [],
    groups: plan.figures.includes('groups') ? groupsOf(finished, dataset.training.train) : [],
    significance: plan.figures.includes('significance') ? significanceOf(finished, 'recall@20') : null,
    users: plan.figures.includes('users') ? shownUsers(shown, dataset.training) : [],
    tables: plan.tables ?? [],
    remarks: [...(plan.remarks ?? []), ...paperDiffers(plan, dataset, provenance)],
    rowRemarks: remarksOf(shown),
    provenance,
  };
}

/** Runs in the order of the seeds, without those that failed. */
function comparedRow({ row, runs }: ExecutedRow): ComparedRow {
  const records = runs.flatMap(({ outcome }) =>
    outcome.status === 'finished' && outcome.record ? [outcome.record] : [],
  );
  return { label: row.label, runs: records, reranked: !row.beforeReranking };
}

/** Two rows over the seeds that both have. */
function differences(row: ComparedRow | undefined, baseline: ComparedRow | undefined): PairedDifference[] {
  if (!row || !baseline) return [];
  const common = (of: ComparedRow, other: ComparedRow): ComparedRow => ({
    ...of,
    runs: of.runs.filter(({ seed }) => other.runs.some((run) => run.seed === seed)),
  });
  const [mine, theirs] = [common(row, baseline), common(baseline, row)];
  return mine.runs.length === 0 ? [] : compared.map((metric) => compareRows(mine, theirs, metric));
}

function resultRow(
  { row, runs, searched, selections }: ExecutedRow,
  comparedRuns: ComparedRow | undefined,
  further: readonly string[],
): ResultRow {
  const records = comparedRuns?.runs ?? [];
  const summary = comparedRuns && records.length > 0 ? summarize(comparedRuns) : null;
  const finished = runs.flatMap(({ outcome }) => (outcome.status === 'finished' ? [outcome] : []));
  const costs = [...fillingsOf([{ runs }]), ...selectionsOf([{ selections }]), ...finished].map(({ cost }) => cost);
  const average = (of: (record: RunRecord) => number | null) => meanOf(records.map(of));
  return {
    label: row.label,
    group: row.group ?? null,
    seeds: records.map(({ seed }) => seed),
    mean: summary?.mean ?? null,
    spread: summary?.spread ?? null,
    paper: row.paper ?? null,
    epochs: average(({ epochs }) => epochs),
    secondsPerEpoch: average(({ secondsPerEpoch }) => secondsPerEpoch) ?? searchedSeconds(searched, selections),
    peakRssBytes: average(({ peakRssBytes }) => peakRssBytes),
    calls: costs.reduce((sum, { requests }) => sum + requests, 0),
    tokens: costs.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0),
    sweep: row.sweep ?? null,
    choice: runs.length > 0 ? choiceOf(searched, runs[0].seed) : null,
    notes: [...(row.note ? [row.note] : []), ...further, ...noRound(row, records)],
    failures: row.missing ? [row.missing] : [...noChoice(searched), ...failuresOf(runs)],
  };
}

/** A run that goes on from the checkpoint of its search has no epoch of its own to time: the search has timed them. */
function searchedSeconds(searched: SearchResult | null, selections: ExecutedRow['selections']): number | null {
  const ofChosen = selections.flatMap(({ options, outcome }) =>
    options === searched?.chosen && outcome.status === 'finished' ? (outcome.selection?.secondsPerEpoch ?? []) : [],
  );
  return ofChosen.at(-1) ?? null;
}

/** A further line with mean and spread over rows instead of seeds. */
function withOver({ over }: ExperimentPlan, rows: readonly ResultRow[]): ResultRow[] {
  const found = rows.filter(({ label, mean: metrics }) => over?.rows.includes(label) && metrics !== null);
  if (!over || found.length < 2) return [...rows];
  const fold = (of: (values: number[]) => number): Metrics => {
    const entries = metricNames.map((metric) => [metric, of(found.map((row) => row.mean?.[metric] ?? 0))]);
    return Object.fromEntries(entries) as Metrics;
  };
  return [
    ...rows,
    {
      ...{ label: over.label, group: null, seeds: found.map((_, at) => at), mean: fold(mean), spread: fold(deviation) },
      ...{ paper: null, epochs: null, secondsPerEpoch: null, peakRssBytes: null, calls: 0, tokens: 0, sweep: null },
      ...{ choice: null, notes: [`mean and spread over ${found.length} rows`], failures: [] },
    },
  ];
}

function curveOf({ row, runs }: ExecutedRow): ResultCurve[] {
  const curves = runs.flatMap(({ outcome }) =>
    outcome.status === 'finished' && outcome.record ? [outcome.record.curve] : [],
  );
  if (curves.length === 0) return [];
  const length = Math.min(...curves.map((curve) => curve.length));
  const points = Array.from({ length }, (_, at) => {
    return {
      epoch: curves[0][at].epoch,
      loss: meanOf(curves.map((curve) => curve[at].loss)),
      validRecall20: meanOf(curves.map((curve) => curve[at].validRecall20)),
    };
  });
  return [{ label: row.label, points }];
}

/** Of what was measured; null where nothing was. */
function meanOf(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value): value is number => value !== null);
  return measured.length === 0 ? null : mean(measured);
}

/** What is another here than in the paper; empty where none of its numbers stand beside ours. */
function paperDiffers({ rows }: ExperimentPlan, dataset: Dataset, { options, reasoners }: Provenance): string[] {
  if (!rows.some(({ paper }) => paper)) return [];
  const { features, content } = factsOf(dataset);
  const widths = features.map(
    ({ modality, width, synthetic }) => `${modality} ${width}${synthetic ? ' (SYNTHETIC)' : ''}`,
  );
  const own = widths.join(' and ') || (content ? 'encoded from texts and images' : 'none');
  const drawn = options.splitBy === 'auto' ? 'as the data say, else drawn as MMRec does,' : options.splitBy;
  const differs = [
    'The paper’s numbers and ours differ in more than the code:',
    `features: in the paper texts 384 and images 4,096 wide, here ${own};`,
    `knowledge: in the paper by Qwen2.5-VL-7B where its row names no other, here by ${reasoners.join(', ') || 'nobody'};`,
    `split: in the paper 8:1:1 at random, here ${drawn} with seed ${options.splitSeed};`,
    'options of the other models: in the paper from their authors’ grids, here those of their sources unless the row says otherwise.',
  ];
  return [differs.join(' ')];
}

function factsOf({ training, report }: Dataset): DataFacts {
  return {
    name: training.name,
    fingerprint: training.fingerprint,
    users: training.users,
    items: training.items,
    ...report.interactions,
    content: training.content !== null,
    features: training.features.map(({ modality, matrix, synthetic }) => ({ modality, width: matrix.cols, synthetic })),
  };
}
