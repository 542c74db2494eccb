import { memoryTable, memoryTableSource } from '../paper/memoryTable.js';
import { paperRow } from '../paper/paperRows.js';
import { agentmmrecWithFeedback, plain } from '../recipes.js';
import type { Experiment, ExperimentRow } from './contract.js';
import { row, writtenName } from './rows.js';

/** Another model rewrites the memory by its own feedback rounds, then AgentMMRec takes the memory over. */
export const relay: Experiment = {
  name: 'relay',
  title: 'A memory from other models',
  summary: 'another model rewrites the memory by feedback, then AgentMMRec trains on it',
  shows: 'Table 5, lower part',
  plan(context) {
    const paper = (name: string) => paperRow(memoryTable, memoryTableSource, context.data.paperName, name);
    const whole = row(context, agentmmrecWithFeedback, { paper: paper('agentmmrec') });
    const relays = context.models
      .filter((name) => name !== 'agentmmrec')
      .flatMap((name): ExperimentRow[] => {
        const step = row(
          context,
          { ...plain(name), rerank: 'made', feedback: {} },
          { label: `feedback of ${writtenName(name)}`, step: true },
        );
        const missing = step.missing === undefined ? {} : { missing: step.missing };
        const label = `AgentMMRec after ${writtenName(name)}`;
        return [
          step,
          row(context, agentmmrecWithFeedback, {
            label,
            memoryAfter: step.label,
            paper: paper(`relay ${name}`),
            ...missing,
          }),
        ];
      });
    return {
      rows: [whole, ...relays],
      comparisons: relays.filter(({ step }) => !step).map(({ label }) => [label, whole.label] as const),
      figures: ['differences'],
      remarks: [
        'A deadlock is a model none of whose rewrites ranked any user better, so that the memory is what it was: its row repeats AgentMMRec and says so. The paper leaves such rows out.',
      ],
    };
  },
};
