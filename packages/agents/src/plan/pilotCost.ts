import type { Prices, PromptTaskName } from '@agentmmrec/llm';
import { type Estimate, type Sample, weightedSum } from '../calls/estimate.js';
import type { Pilot } from './pilot.js';
import type { KnowledgePlan, PlanRow } from './plan.js';

/** What a part of a job takes, by a pilot, with 95 % intervals. */
export interface MeasuredCost {
  readonly calls: number;
  readonly hours: Estimate;
  readonly inputTokens: Estimate;
  readonly outputTokens: Estimate;
  /** null without prices */
  readonly money: Estimate | null;
}

/** The parts of a job at what a pilot measured. */
export interface MeasuredPlan {
  readonly building: MeasuredCost;
  readonly refining: MeasuredCost;
  readonly feedback: MeasuredCost;
  readonly finalReranking: MeasuredCost;
  readonly total: MeasuredCost;
  /** tasks of the plan that the pilot could not try: they are left out of all sums */
  readonly unmeasured: readonly PromptTaskName[];
}

/** The plan's calls at what the pilot's calls took. */
export function measuredPlan({ rows }: KnowledgePlan, pilot: Pilot, prices: Prices | null): MeasuredPlan {
  const byTask = new Map(pilot.tasks.map((one) => [one.task, one] as const));
  const sum = (...stages: PlanRow['stage'][]): MeasuredCost => {
    const used = rows.filter(({ stage, task }) => stages.includes(stage) && byTask.has(task));
    const of = (weight: number, sample: (task: Pilot['tasks'][number]) => Sample) =>
      used.flatMap(({ task, calls }) => {
        const found = byTask.get(task);
        return found ? [[weight * calls, sample(found)] as const] : [];
      });
    const priced = prices && [
      ...of(prices.inputPrice / 1e6, ({ inputTokens }) => inputTokens),
      ...of(prices.outputPrice / 1e6, ({ outputTokens }) => outputTokens),
    ];
    return {
      calls: used.reduce((all, { calls }) => all + calls, 0),
      hours: weightedSum(of(1 / pilot.inFlight / 3600, ({ seconds }) => seconds)),
      inputTokens: weightedSum(of(1, ({ inputTokens }) => inputTokens)),
      outputTokens: weightedSum(of(1, ({ outputTokens }) => outputTokens)),
      money: priced && weightedSum(priced),
    };
  };
  const missing = rows.filter(({ task, calls }) => calls > 0 && !byTask.has(task)).map(({ task }) => task);
  return {
    building: sum('preferences', 'properties'),
    refining: sum('refinement'),
    feedback: sum('feedback'),
    finalReranking: sum('final reranking'),
    total: sum('preferences', 'properties', 'refinement', 'augmentation', 'feedback', 'final reranking'),
    unmeasured: [...new Set(missing)],
  };
}
