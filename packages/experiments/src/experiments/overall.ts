import { overallTable, overallTableSource } from '../paper/overallTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrec, agentmmrecWithFeedback, plain, withoutKnowledge } from '../recipes.js';
import type { Experiment, PlanContext } from './contract.js';
import { row, simpleGroup, simpleModels, trainedModels, twice } from './rows.js';

/** Every model beside AgentMMRec, each with its own defaults and with options chosen on validation. */
export const overall: Experiment = {
  name: 'overall',
  title: 'Overall comparison',
  summary: 'every model beside AgentMMRec, with its own options and with options chosen on validation',
  shows: 'Table 1',
  plan(context) {
    const paper = (model: string) => paperRow(overallTable, overallTableSource, context.data.paperName, model);
    const models = trainedModels(context).flatMap((recipe) => twice(context, recipe, { paper: paper(recipe.model) }));
    const whole = twice(context, agentmmrec, { paper: paper('agentmmrec') });
    const parts = [
      row(context, agentmmrec, { label: 'AgentMMRec before reranking', beforeReranking: true }),
      row(context, agentmmrecWithFeedback),
      ...twice(context, withoutKnowledge(agentmmrec)),
    ];
    const simple = simpleModels
      .filter((name) => context.models.includes(name))
      .flatMap((name) => twice(context, plain(name), { group: simpleGroup, paper: paper(name) }));
    const rows = [...models, ...whole, ...parts, ...simple];
    const best = whole[whole.length - 1].label;
    return {
      rows,
      comparisons: rows.filter(({ label }) => label !== best).map(({ label }) => [best, label] as const),
      figures: ['differences', 'curves', 'significance', 'tradeoff', 'users'],
      columns: ['epochSeconds', 'memory'],
      remarks: remarks(context),
    };
  },
};

function remarks({ data }: PlanContext): string[] {
  if (data.paperName === null) return [];
  return [
    "The paper's numbers come from its own features and language model, and its baselines from their authors' grids; ours are trained here on the data named below.",
  ];
}
