import { agentmmrec, plain } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** Whom the methods serve: metrics of users by how many training interactions they have. */
export const sparsity: Experiment = {
  name: 'sparsity',
  title: 'Users with few interactions',
  summary: 'metrics of groups of users by their number of training interactions',
  shows: 'Figure 3',
  plan(context) {
    const whole = row(context, agentmmrec);
    const others = context.models.filter((name) => name !== 'agentmmrec').map((name) => row(context, plain(name)));
    return {
      rows: [whole, ...others],
      comparisons: others.map(({ label }) => [whole.label, label] as const),
      figures: ['groups', 'differences'],
      remarks: [
        'Groups count training interactions; the paper names only the first group, up to 5, and prints no numbers.',
      ],
    };
  },
};
