import { text } from '@agentmmrec/core';
import { agentmmrec, agentmmrecWith } from '../recipes.js';
import type { Experiment } from './contract.js';
import { numbersOf } from './lists.js';
import { row } from './rows.js';

/** The two numbers of the method that its agents depend on: neighbours in a prompt and epochs between feedback rounds. */
export const hyperparameters: Experiment = {
  name: 'hyperparameters',
  title: 'Neighbours in a prompt, epochs between rounds',
  summary: 'sweeps over Y, the neighbours a prompt sees, and E, the epochs between feedback rounds',
  shows: 'Figure 4',
  options: {
    neighbours: text('1,3,5,7,10', 'values of Y, separated by commas'),
    everies: text('5,10,15,20', 'values of E, separated by commas'),
  },
  plan(context) {
    const base = row(context, agentmmrec);
    const y = numbersOf(context.values.neighbours, '--neighbours').map((promptNeighbours) =>
      row(context, agentmmrec, {
        label: `Y = ${promptNeighbours}`,
        group: 'Y, neighbours in a prompt',
        source: { options: { promptNeighbours } },
        sweep: { curve: 'Y, neighbours in a prompt', x: promptNeighbours },
      }),
    );
    const e = numbersOf(context.values.everies, '--everies').map((feedbackEvery) =>
      row(context, agentmmrecWith({ feedback: { feedbackEvery } }), {
        label: `E = ${feedbackEvery}`,
        group: 'E, epochs between rounds',
        sweep: { curve: 'E, epochs between rounds', x: feedbackEvery },
      }),
    );
    return {
      rows: [base, ...y, ...e],
      comparisons: [...y, ...e].map(({ label }) => [label, base.label] as const),
      figures: ['sweep', 'differences'],
      remarks: ['The paper shows curves and prints neither its grid nor numbers.'],
    };
  },
};
