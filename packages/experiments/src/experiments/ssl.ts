import { real } from '@agentmmrec/core';
import { paperRow } from '../paper/paperRows.js';
import { sslTable, sslTableSource } from '../paper/sslTable.js';
import { agentmmrec, agentmmrecWith } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** AgentMMRec with a further loss between its modality blocks. */
export const ssl: Experiment = {
  name: 'ssl',
  title: 'Losses between modalities',
  summary: 'AgentMMRec alone, with InfoNCE and with alignment of distributions between its modality blocks',
  shows: 'Table 7',
  options: {
    infonce: real(0.01, { min: 0, help: 'weight of InfoNCE' }),
    alignment: real(0.1, { min: 0, help: 'weight of the alignment of means and variances' }),
  },
  plan(context) {
    const paper = (name: string) => paperRow(sslTable, sslTableSource, context.data.paperName, name);
    const { infonce, alignment } = context.values;
    const whole = row(context, agentmmrec, { paper: paper('none') });
    const rows = [
      whole,
      row(context, agentmmrecWith({ options: { infonce } }), {
        label: 'AgentMMRec + InfoNCE',
        paper: paper('InfoNCE'),
      }),
      row(context, agentmmrecWith({ options: { alignment } }), {
        label: 'AgentMMRec + alignment',
        paper: paper('DisAlign'),
      }),
    ];
    return {
      rows,
      comparisons: rows.slice(1).map(({ label }) => [label, whole.label] as const),
      figures: ['differences', 'curves'],
    };
  },
};
