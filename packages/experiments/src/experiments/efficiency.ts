import { integer } from '@agentmmrec/core';
import { efficiencyRows } from '../paper/efficiencyTable.js';
import { agentmmrec, agentmmrecWithFeedback, plain } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** Seconds an epoch and memory, one run at a time. */
export const efficiency: Experiment = {
  name: 'efficiency',
  title: 'Time and memory',
  summary: 'seconds an epoch and memory of every model, measured one after the other',
  shows: 'Table 8',
  options: { timedEpochs: integer(5, { min: 1, help: 'epochs of each run' }) },
  plan(context) {
    const training = { epochs: Number(context.values.timedEpochs) };
    const recipes = [
      agentmmrec,
      agentmmrecWithFeedback,
      ...context.models.filter((name) => name !== 'agentmmrec').map((name) => plain(name)),
    ];
    return {
      rows: recipes.map((recipe) => row(context, recipe, { training })),
      comparisons: [],
      figures: ['tradeoff'],
      columns: ['epochSeconds', 'memory'],
      alone: true,
      tables: efficiencyRows(context.data.paperName),
      remarks: ['Metrics are those after the timed epochs and say nothing about a finished training.'],
    };
  },
};
