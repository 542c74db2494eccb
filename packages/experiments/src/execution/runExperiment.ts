import { hasLooks } from '@agentmmrec/agents';
import { AmrError, type Log } from '@agentmmrec/core';
import { type Dataset, findPublishedCounts } from '@agentmmrec/datasets';
import { findModel } from '@agentmmrec/models';
import type { Experiment, ExperimentPlan, PlanContext } from '../experiments/contract.js';
import type { DataSize, Forecast } from '../runs/forecast.js';
import { forecastOf, sizeOf } from '../runs/forecast.js';
import { callsOfRun, plannedCalls } from '../runs/plannedCalls.js';
import { FinishedRuns, type Launch, Runner } from '../runs/runner.js';
import type { PlannedRun } from '../runs/runSpec.js';
import type { RunStore } from '../runs/runStore.js';
import type { SearchSpace } from '../search/ranges.js';
import type { SearchMethod, SearchSetting } from '../search/search.js';
import { executePlan, plannedRuns } from './execute.js';
import { Expansion, type SharedRun } from './expand.js';
import type { Provenance } from './provenance.js';
import { type ExperimentResult, resultOf } from './result.js';

/** Which experiment is run, on what, and how far at a time. */
export interface ExperimentRequest {
  readonly experiment: Experiment;
  /** values of the experiment's own options */
  readonly values: Readonly<Record<string, unknown>>;
  readonly models: readonly string[];
  readonly dataset: Dataset;
  /** whether items have features: the data set's own, or content to encode */
  readonly hasFeatures: boolean;
  readonly splitBy: string;
  /** families of templates that there are */
  readonly wordings: readonly string[];
  readonly seeds: readonly number[];
  readonly search: { readonly method: SearchMethod; readonly trials: number } | null;
  readonly shared: SharedRun;
  readonly store: RunStore;
  /** starts nothing and shows what is finished */
  readonly asItStands: boolean;
  readonly launch: Launch;
  readonly parallel: number;
  readonly memoryBytes: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly provenance: Pick<Provenance, 'version' | 'command' | 'options' | 'defaults'>;
}

/** What a plan will take, before anything starts. */
export interface PlanForecast {
  readonly runs: number;
  readonly finished: number;
  readonly hours: number;
  /** runs whose time was measured on earlier ones; the others are guessed from the size of the data */
  readonly measured: number;
  /** of a language model, at most; 0 for a reasoner that is none */
  readonly llmCalls: number;
  readonly missing: readonly { readonly label: string; readonly reason: string }[];
  readonly byRow: readonly { readonly label: string; readonly runs: number; readonly hours: number }[];
}

/** An experiment on one data set: its plan, what it takes, and its result. */
export class ExperimentSession {
  readonly plan: ExperimentPlan;
  private readonly expansion: Expansion;
  private readonly size: DataSize;
  private readonly search: SearchSetting | null;

  /** @throws AmrError input: a plan without a row that can be run, and what the experiment refuses of its own options */
  constructor(private readonly request: ExperimentRequest) {
    const { experiment, shared, search, seeds } = request;
    this.size = sizeOf(request.dataset);
    this.search = search && { ...search, seed: seeds[0], epochs: shared.training.epochs };
    this.plan = experiment.plan(this.context());
    if (this.plan.rows.every(({ missing }) => missing !== undefined)) throw nothingToRun(experiment, this.plan);
    this.expansion = new Expansion(this.plan.rows, shared);
  }

  /** Runs, hours and calls that are still to be made, from how earlier runs went. */
  forecast(): PlanForecast {
    const { store, parallel, seeds, log } = this.request;
    const runs = plannedRuns(this.plan, this.expansion, { seeds, search: this.search, log });
    const history = store.history();
    const open = runs.filter((run) => store.finished(run) === null);
    const forecasts = open.map((run) => ({ run, forecast: forecastOf(run, history, this.size) }));
    const hours = (of: readonly { readonly forecast: Forecast }[]) =>
      of.reduce((sum, { forecast }) => sum + forecast.seconds, 0) / 3600 / (this.plan.alone ? 1 : parallel);
    const rowOf = ({ label }: PlannedRun) => label.replace(/, seed \d+$/, '');
    const labels = [...new Set(runs.map(rowOf))];
    return {
      runs: runs.length,
      finished: runs.length - open.length,
      hours: hours(forecasts),
      measured: forecasts.filter(({ forecast }) => forecast.basis === 'measured').length,
      llmCalls: open.reduce((sum, run) => sum + callsOfRun(run, this.request.dataset), 0),
      missing: this.plan.rows.flatMap(({ label, missing }) => (missing ? [{ label, reason: missing }] : [])),
      byRow: labels.map((label) => {
        const own = forecasts.filter(({ run }) => rowOf(run) === label);
        return { label, runs: runs.filter((run) => rowOf(run) === label).length, hours: hours(own) };
      }),
    };
  }

  /** @throws AmrError interrupted: the same call goes on */
  async run(): Promise<ExperimentResult> {
    const { request, plan, expansion } = this;
    const { store, launch, memoryBytes, log, signal, seeds, experiment, dataset, asItStands } = request;
    const parallel = plan.alone ? 1 : request.parallel;
    const runner = asItStands
      ? new FinishedRuns(store)
      : new Runner({ store, launch, size: this.size, parallel, memoryBytes, log, signal });
    const executed = await executePlan(plan, expansion, runner, { seeds, search: this.search, log });
    const provenance = { ...request.provenance, codeVersion: request.shared.codeVersion, seeds };
    return resultOf({ experiment, plan, executed, dataset, seeds, provenance });
  }

  private context(): PlanContext {
    const { values, models, dataset, hasFeatures, splitBy, wordings, shared, search } = this.request;
    const { training } = dataset;
    const readable = training.content !== null || (shared.source?.options.visualWords === true && hasLooks(training));
    return {
      values,
      models,
      data: { name: training.name, hasFeatures, readable, paperName: paperName(dataset), splitBy },
      wordings,
      source: shared.source,
      tuning: (model) => (search === null ? undefined : tuningSpace(model, search.method)),
      calls: () => plannedCalls(dataset, shared.source),
    };
  }
}

function nothingToRun({ name }: Experiment, { rows }: ExperimentPlan): AmrError {
  const reasons = [...new Set(rows.flatMap(({ missing }) => missing ?? []))];
  return new AmrError({
    what: `experiment ${name}`,
    got: rows.length === 0 ? 'models that it has no row for' : `no row that can be run: each ${reasons.join('; or ')}`,
    expected: 'at least one row',
    hint:
      rows.length === 0
        ? 'name others by --models'
        : 'add what is said to be needed; --reasoner extractive needs nothing else',
  });
}

/**
 * What is tried for a model: its weight of the regulariser and the learning rate, four combinations as a grid, ranges for draws; or
 * what its definition names in their place. A model that has neither has four learning rates: every model that has anything to
 * choose gets the same number of runs. Undefined where there is nothing to choose.
 */
export function tuningSpace(model: string, method: SearchMethod): SearchSpace | undefined {
  const { options, tuning } = findModel(model);
  if (tuning) {
    const ranges = Object.entries(tuning).map(([name, values]) => [name, { values }] as const);
    return ranges.length === 0 ? undefined : Object.fromEntries(ranges);
  }
  const hasWeight = 'l2' in options;
  if (method === 'grid') {
    return hasWeight
      ? { l2: { values: [1e-4, 1e-2] }, learningRate: { values: [1e-3, 3e-3] } }
      : { learningRate: { values: [3e-3, 1e-3, 3e-4, 1e-4] } };
  }
  return {
    learningRate: { low: 1e-4, high: 1e-2, log: true },
    ...(hasWeight && { l2: { low: 1e-5, high: 1e-1, log: true } }),
  };
}

/** A data set is one of the paper's when it has that many users and items. */
function paperName({ training }: Dataset): string | null {
  return (
    ['baby', 'sports', 'clothing'].find((name) => {
      const counts = findPublishedCounts(name);
      return counts?.users === training.users && counts.items === training.items;
    }) ?? null
  );
}
