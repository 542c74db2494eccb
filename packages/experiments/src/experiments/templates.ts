import { AmrError, nearestName, text } from '@agentmmrec/core';
import { templateRows } from '../paper/templateTable.js';
import { agentmmrec } from '../recipes.js';
import type { Experiment, PlanContext } from './contract.js';
import { rowWordsOf } from './lists.js';
import { row } from './rows.js';

/** The same method with its prompts worded differently. */
export const templates: Experiment = {
  name: 'templates',
  title: 'Wording of the prompts',
  summary: 'AgentMMRec with prompts of several wordings, from the families of --prompts',
  shows: 'Table 10',
  options: { families: text('default,checklist', 'families of templates, separated by commas') },
  plan(context) {
    const rows = familiesOf(context).map((promptFamily) =>
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

/** Also of a reasoner that reads no prompts: a row says that it stands for a wording. */
function familiesOf({ values, wordings }: PlanContext): string[] {
  const families = rowWordsOf(values.families, '--families', wordings.slice(0, 2).join(','));
  const unknown = families.find((family) => !wordings.includes(family));
  if (unknown === undefined) return families;
  const near = nearestName(unknown, wordings);
  throw new AmrError({
    what: '--families',
    got: unknown,
    expected: `families of templates: ${wordings.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'name a folder with templates of that family by --prompts',
  });
}
