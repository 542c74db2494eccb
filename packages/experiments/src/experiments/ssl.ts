import { real } from '@agentmmrec/core';
import { paperRow } from '../paper/paperRows.js';
import { sslTable, sslTableSource } from '../paper/sslTable.js';
import { agentmmrec, agentmmrecWith } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row } from './rows.js';

/** AgentMMRec with modality blocks, where the paper's further losses stand, alone and with one of them. */
export const ssl: Experiment = {
  name: 'ssl',
  title: 'Losses between modalities',
  summary:
    'AgentMMRec with modality blocks alone, with InfoNCE and with alignment of distributions between them; and as it is by default',
  shows: 'Table 7',
  options: {
    infonce: real(0.01, { min: 0, help: 'weight of InfoNCE' }),
    alignment: real(0.1, { min: 0, help: 'weight of the alignment of means and variances' }),
  },
  plan(context) {
    const paper = (name: string) => paperRow(sslTable, sslTableSource, context.data.paperName, name);
    const { infonce, alignment } = context.values;
    const blocks = (more: string, name: string, options: Readonly<Record<string, unknown>> = {}) =>
      row(context, agentmmrecWith({ options: { modalities: 'blocks', ...options } }), {
        label: `AgentMMRec with modality blocks${more}`,
        paper: paper(name),
      });
    const alone = blocks('', 'none');
    const rows = [
      alone,
      blocks(' + InfoNCE', 'InfoNCE', { infonce }),
      blocks(' + alignment', 'DisAlign', { alignment }),
      row(context, agentmmrec),
    ];
    return {
      rows,
      comparisons: rows.slice(1).map(({ label }) => [label, alone.label] as const),
      figures: ['differences', 'curves'],
      remarks: [
        'Features enter AgentMMRec as side views by default, which InfoNCE holds beside the ids already (viewAlignment): the losses of the paper stand between modality blocks.',
      ],
    };
  },
};
