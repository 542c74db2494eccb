import type { Log } from '@agentmmrec/core';
import type { ExperimentPlan, ExperimentRow } from '../experiments/contract.js';
import type { Outcome, RunSource } from '../runs/runner.js';
import { type PlannedRun, runId } from '../runs/runSpec.js';
import { type Candidate, gridOf } from '../search/ranges.js';
import {
  chosenOf,
  firstRung,
  nextRung,
  type Rung,
  type SearchResult,
  type SearchSetting,
  searchSize,
  type Trial,
  withOwnOptions,
} from '../search/search.js';
import type { Expansion } from './expand.js';

/** What came of a row. */
export interface ExecutedRow {
  readonly row: ExperimentRow;
  /** seeds in order, with the address of the run and what came of it */
  readonly runs: readonly {
    readonly seed: number;
    readonly run: PlannedRun;
    readonly id: string;
    readonly outcome: Outcome;
    /** what filled the memory it began with; several runs may share it */
    readonly knowledge: { readonly id: string; readonly outcome: Outcome } | null;
  }[];
  readonly searched: SearchResult | null;
  /** the runs of its search, on validation only */
  readonly selections: readonly { readonly id: string; readonly options: Candidate; readonly outcome: Outcome }[];
}

export interface ExecutionSetting {
  readonly seeds: readonly number[];
  /** null: rows keep their defaults */
  readonly search: SearchSetting | null;
  readonly log: Log;
}

/**
 * Runs a plan: searches first, all rows at once, on validation with the first seed; then every row with every seed.
 * @throws AmrError interrupted; the next call goes on
 */
export async function executePlan(
  plan: ExperimentPlan,
  expansion: Expansion,
  runner: RunSource,
  { seeds, search, log }: ExecutionSetting,
): Promise<ExecutedRow[]> {
  const rows = plan.rows.filter(({ missing }) => missing === undefined);
  runner.announce(rows.flatMap((row) => seeds.map((seed) => expansion.runOf(row, seed, new Map()))));
  const searched =
    search === null ? new Map<string, SearchedRow>() : await searchRows(rows, expansion, runner, seeds[0], search);
  const chosen = new Map([...searched].map(([label, { searched: one }]) => [label, one.chosen]));
  if (searched.size > 0) log.info(`searched ${searched.size} row${searched.size === 1 ? '' : 's'} on validation`);
  const planned = rows
    .filter(({ label }) => wasChosen(searched.get(label)?.searched))
    .map((row) => ({ row, runs: seeds.map((seed) => ({ seed, run: expansion.runOf(row, seed, chosen) })) }));
  const all = planned.flatMap(({ runs }) => runs.map(({ run }) => run));
  runner.announce([]);
  const outcomes = await runner.runAll(expansion.withKnowledge(all));
  return plan.rows.map((row) => {
    const runs = planned.find((one) => one.row === row)?.runs ?? [];
    return {
      row,
      searched: searched.get(row.label)?.searched ?? null,
      selections: searched.get(row.label)?.selections ?? [],
      runs: runs.map(({ seed, run }) => {
        const filling = expansion.knowledgeOf(run);
        const knowledge = filling && { id: runId(filling), outcome: outcomeOf(filling, outcomes) };
        return { seed, run, id: runId(run), outcome: outcomeOf(run, outcomes), knowledge };
      }),
    };
  });
}

/** A row whose candidates all failed has nothing that could be trained in its name. */
function wasChosen(searched: SearchResult | undefined): boolean {
  return searched === undefined || searched.trials.some(({ validRecall20 }) => validRecall20 !== null);
}

/** Runs of a plan before anything is known: those of the searches at their most, and the final ones. */
export function plannedRuns(
  plan: ExperimentPlan,
  expansion: Expansion,
  { seeds, search }: ExecutionSetting,
): PlannedRun[] {
  const rows = plan.rows.filter(({ missing }) => missing === undefined);
  const selections = rows.flatMap((row) => {
    if (row.search === undefined || search === null) return [];
    const { candidates, epochs } = firstRung(row.search, search);
    const later = searchSize(row.search, search).runs - candidates.length;
    const repeated = Array.from({ length: later }, (_, at) => candidates[at % candidates.length]);
    return [
      ...candidates.map((candidate) => expansion.selectionOf(row, seeds[0], candidate, epochs)),
      ...repeated.map((candidate) => expansion.selectionOf(row, seeds[0], candidate, search.epochs)),
    ];
  });
  // Any choice will do: what counts is that a tuned row is another run than the one with defaults.
  const some = new Map(
    rows.flatMap((row) => (row.search && search ? [[row.label, gridOf(row.search)[0]] as const] : [])),
  );
  const finals = rows.flatMap((row) => seeds.map((seed) => expansion.runOf(row, seed, some)));
  return [...expansion.withKnowledge([...selections, ...finals])];
}

type SearchedRow = { readonly searched: SearchResult } & Pick<ExecutedRow, 'selections'>;

async function searchRows(
  rows: readonly ExperimentRow[],
  expansion: Expansion,
  runner: RunSource,
  seed: number,
  setting: SearchSetting,
): Promise<Map<string, SearchedRow>> {
  const found = new Map<string, SearchedRow>();
  let open = rows.flatMap((row) =>
    row.search
      ? [{ row, rung: firstRung(row.search, setting), trials: [] as Trial[], done: [] as SearchedRow['selections'] }]
      : [],
  );
  const own = rows.filter(({ search, ownOptionsToo }) => search && ownOptionsToo);
  const ownRuns = own.map((row) => expansion.runOf(row, seed, new Map()));
  const ownOutcomes = await runner.runAll(expansion.withKnowledge(ownRuns));
  while (open.length > 0) {
    const runs = open.flatMap(({ row, rung }) => selections(row, rung, expansion, seed));
    const outcomes = await runner.runAll(expansion.withKnowledge(runs));
    const next: typeof open = [];
    for (const { row, rung, trials, done } of open) {
      const ended = rung.candidates.map((options) => {
        const run = expansion.selectionOf(row, seed, options, rung.epochs);
        return { id: runId(run), options, outcome: outcomeOf(run, outcomes) };
      });
      const results = ended.map(({ options, outcome }): Trial => {
        const valid = outcome.status === 'finished' ? (outcome.selection?.valid['recall@20'] ?? null) : null;
        return { options, epochs: rung.epochs, validRecall20: valid };
      });
      const all = [...trials, ...results];
      const following = row.search ? nextRung(row.search, setting, rung, all) : null;
      const selections = [...done, ...ended];
      if (following) next.push({ row, rung: following, trials: all, done: selections });
      else found.set(row.label, { searched: { chosen: chosenOf(setting, rung, all) ?? {}, trials: all }, selections });
    }
    open = next;
  }
  for (const [at, { label }] of own.entries()) {
    const known = found.get(label);
    const outcome = outcomeOf(ownRuns[at], ownOutcomes);
    const valid = outcome.status === 'finished' ? (outcome.record?.valid['recall@20'] ?? null) : null;
    if (known) found.set(label, { ...known, searched: withOwnOptions(known.searched, setting.epochs, valid) });
  }
  return found;
}

function selections(row: ExperimentRow, rung: Rung, expansion: Expansion, seed: number): PlannedRun[] {
  return rung.candidates.map((candidate) => expansion.selectionOf(row, seed, candidate, rung.epochs));
}

function outcomeOf(run: PlannedRun, outcomes: ReadonlyMap<string, Outcome>): Outcome {
  return outcomes.get(runId(run)) ?? { status: 'absent' };
}
