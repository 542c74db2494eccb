import { text } from '@agentmmrec/core';
import { templateRows } from '../paper/templateTable.js';
import { agentmmrec } from '../recipes.js';
import type { Experiment } from './contract.js';
import { wordsOf } from './lists.js';
import { row } from './rows.js';

/** The same method with its prompts worded differently. */
export const templates: Experiment = {
  name: 'templates',
  title: 'Wording of the prompts',
  summary: 'AgentMMRec with prompts of several wordings, from the families of --prompts',
  shows: 'Table 10',
  options: { families: text('default,checklist', 'families of templates, separated by commas') },
  plan(context) {
    const rows = wordsOf(context.values.families).map((promptFamily) =>
      row(context, agentmmrec, {
        label: `prompts "${promptFamily}"`,
        source: { promptFamily, reach: { promptFamily } },
        ...(context.source?.reasoner === 'extractive' && {
          note: 'the extractive reasoner reads no prompts: rows are equal by its nature',
        }),
      }),
    );
    return {
      rows,
      comparisons: rows.slice(1).map(({ label }) => [label, rows[0].label] as const),
      figures: ['differences'],
      over: { label: 'over all wordings', rows: rows.map(({ label }) => label) },
      tables: templateRows(context.data.paperName),
    };
  },
};
