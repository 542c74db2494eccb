import { integer } from '@agentmmrec/core';
import { memoryTable, memoryTableSource } from '../paper/memoryTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrecWithFeedback } from '../recipes.js';
import type { Experiment, ExperimentRow } from './contract.js';
import { row } from './rows.js';

/** The same memory used again: each round begins with what the feedback of the rounds before has written. */
export const memoryRounds: Experiment = {
  name: 'memory-rounds',
  title: 'One memory, several trainings',
  summary: 'AgentMMRec trained again and again on one memory, each time with what feedback rewrote before',
  shows: 'Table 5, upper part',
  options: { furtherRounds: integer(3, { min: 1, max: 20, help: 'trainings after the first' }) },
  plan(context) {
    const paper = (name: string) => paperRow(memoryTable, memoryTableSource, context.data.paperName, name);
    const rows: ExperimentRow[] = [row(context, agentmmrecWithFeedback, { paper: paper('agentmmrec') })];
    for (let round = 1; round <= Number(context.values.furtherRounds); round++) {
      const label = `${round} further round${round > 1 ? 's' : ''}`;
      rows.push(
        row(context, agentmmrecWithFeedback, {
          label,
          memoryAfter: rows[round - 1].label,
          paper: paper(`${round} extra`),
        }),
      );
    }
    return {
      rows,
      comparisons: rows.slice(1).map(({ label }) => [label, rows[0].label] as const),
      figures: ['differences'],
    };
  },
};
