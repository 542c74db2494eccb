import { costRows } from '../paper/costTable.js';
import { agentmmrec } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** What the knowledge costs in calls of a language model. */
export const cost: Experiment = {
  name: 'cost',
  title: 'Calls of the language model',
  summary: 'calls that building, refining and reranking cost, planned and made',
  shows: 'Table 9',
  plan(context) {
    const { building, refining, reranking } = context.calls();
    const written = (calls: number) => calls.toLocaleString('en');
    const paper = costRows(context.data.paperName);
    return {
      rows: [row(context, agentmmrec)],
      comparisons: [],
      figures: [],
      columns: ['calls', 'tokens'],
      tables: [
        {
          heading: 'Planned calls',
          columns: ['stage', 'calls', ...(paper ? ['paper, Table 9'] : [])],
          rows: [
            ['building, 3 a user and 3 an item', written(building), ...(paper ? [written(paper.building)] : [])],
            ['refining, 1 an item', written(refining), ...(paper ? [written(paper.refining)] : [])],
            ['both', written(building + refining), ...(paper ? [written(paper.building + paper.refining)] : [])],
            ['one reranking of all users', written(reranking), ...(paper ? ['not counted'] : [])],
          ],
        },
      ],
      remarks: ['Entries without content cost no call; a reasoner that is no language model makes none.'],
    };
  },
};
