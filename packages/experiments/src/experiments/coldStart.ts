import { coldStartTable, coldStartTableSource } from '../paper/coldStartTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrecWith, plain } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** Items that nobody has bought yet: a fifth of the items has no training interactions, and the truth is among them alone. */
export const coldStart: Experiment = {
  name: 'cold-start',
  title: 'Items without interactions',
  summary: 'a fifth of the items has no training interactions; all items are ranked, the truth is among the cold ones',
  shows: 'Table 4',
  loading: { splitBy: 'item-cold-start' },
  // A cold item as a negative would teach the model to push it down.
  training: { negatives: 'trained' },
  plan(context) {
    const paper = (name: string) => paperRow(coldStartTable, coldStartTableSource, context.data.paperName, name);
    const whole = row(context, agentmmrecWith({ options: { coldItems: 'content' } }), {
      paper: paper('agentmmrec'),
    });
    const others = context.models
      .filter((name) => name !== 'agentmmrec')
      .map((name) => row(context, plain(name), { paper: paper(name) }));
    return {
      rows: [whole, ...others],
      comparisons: others.map(({ label }) => [whole.label, label] as const),
      figures: ['differences', 'curves'],
      remarks: [
        'Negatives are drawn from items with training interactions only.',
        'AgentMMRec ranks the cold items by their side view (option coldItems).',
      ],
    };
  },
};
