import { optional } from '@agentmmrec/core';
import { overallTable, overallTableSource } from '../paper/overallTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrec, agentmmrecWithFeedback, withoutKnowledge } from '../recipes.js';
import type { BareRecipe } from '../runs/runSpec.js';
import type { Experiment, ExperimentRow } from './contract.js';
import { numbersOf } from './lists.js';
import {
  asPublished,
  hasKnowledge,
  publishedModels,
  row,
  rowWithoutReranking,
  simpleGroup,
  simpleModels,
  twice,
} from './rows.js';

/** Every model beside AgentMMRec, each with the options of its source and with options chosen on validation. */
export const overall: Experiment = {
  name: 'overall',
  title: 'Overall comparison',
  summary: 'every model beside AgentMMRec, with its own options and with options chosen on validation',
  shows: 'Table 1',
  options: {
    widths: optional({
      type: 'text',
      help: "widths that every search tries besides the model's own, separated by commas: 64,128; default: the model's own alone",
    }),
  },
  plan(context) {
    const widths = context.values.widths === null ? [] : numbersOf(context.values.widths, '--widths');
    const tuned = (recipe: BareRecipe, more: Partial<ExperimentRow> = {}) => twice(context, recipe, more, widths);
    const paper = (model: string) => paperRow(overallTable, overallTableSource, context.data.paperName, model);
    const models = publishedModels(context).flatMap((recipe) => tuned(recipe, { paper: paper(recipe.model) }));
    const whole = tuned(agentmmrec, { paper: paper('agentmmrec') });
    const bare = tuned(withoutKnowledge(agentmmrec));
    const parts = [rowWithoutReranking(context, agentmmrec), row(context, agentmmrecWithFeedback), ...bare];
    const simple = simpleModels
      .filter((name) => context.models.includes(name))
      .flatMap((name) => tuned(asPublished(name), { group: simpleGroup, paper: paper(name) }));
    // In the order in which they are run: what is done soonest first. A table shows groups last.
    const rows = [...simple, ...models, ...whole, ...parts];
    // Where nobody makes knowledge, what is left of the method is compared.
    const best = (hasKnowledge(context) ? whole : bare).at(-1)?.label ?? '';
    return {
      rows,
      comparisons: rows.filter(({ label }) => label !== best).map(({ label }) => [best, label] as const),
      figures: ['differences', 'curves', 'significance', 'tradeoff', 'users'],
      columns: ['epochSeconds', 'memory'],
    };
  },
};
