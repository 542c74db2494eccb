import { differenceSentence, type PairedDifference } from '../comparison.js';
import { comparisonPageTable, differenceChart, renderComparison } from '../comparisonTable.js';
import type { LineChart, Series } from '../page/charts.js';
import { type Page, renderPage } from '../page/page.js';
import type { EpochPoint } from '../runRecord.js';
import type { DemoResult } from './demo.js';
import {
  beforeRerankLabel,
  feedbackRecipe,
  fullRecipe,
  graphAblations,
  lightgcnRecipe,
  permutedKnowledge,
  vbprRecipe,
  withoutKnowledge,
} from './demoRows.js';
import { developmentSeeds } from './demoSetting.js';

/** What the demo prints: the table and, in plain words, what helped and what did not. */
export function demoText(result: DemoResult): string {
  const { claims, others } = conclusions(result);
  const table = renderComparison({ rows: result.rows, differences: [] });
  const sections = [
    introduction(result),
    [table],
    ['What helped (paired differences, 95 % intervals):', ...indented(claims)],
  ];
  return [...sections, ['Beside it:', ...indented(others)]].map((lines) => lines.join('\n')).join('\n\n');
}

/** The same as a self-contained page with the validation curves. */
export function demoPage(result: DemoResult): string {
  const { differences } = result;
  const page: Page = {
    title: 'AgentMMRec on synthetic catalogs',
    introduction: introduction(result),
    sections: [
      { heading: 'What helped', paragraphs: conclusions(result).claims },
      {
        heading: 'Test metrics',
        paragraphs: ['Mean and sample standard deviation over catalogs; the test split was opened once for each run.'],
        table: comparisonPageTable(result, [fullRecipe.label]),
      },
      {
        heading: 'Paired differences in Recall@20',
        paragraphs: [
          'Bootstrap over all users of all catalogs. An interval that crosses the line at zero shows no clear difference.',
        ],
        intervals: [differenceChart('Difference to the row it is compared with', differences)],
      },
      {
        heading: 'Validation while training',
        paragraphs: [
          'Mean over catalogs for as long as every run of the row was training; early stopping ends each run by itself.',
        ],
        lines: [
          curveChart('Baselines and AgentMMRec', result, [
            lightgcnRecipe,
            vbprRecipe,
            fullRecipe,
            withoutKnowledge,
            permutedKnowledge,
          ]),
          curveChart('Each graph switched off', result, [fullRecipe, ...graphAblations]),
        ],
      },
      {
        heading: 'Notes',
        paragraphs: result.rows.flatMap((row) => (row.note ? [`${row.label}: ${row.note}.`] : [])),
      },
    ],
  };
  return renderPage(page);
}

function introduction({ catalogSeeds, users, items, device, reasoner, seconds, refinedShare }: DemoResult): string[] {
  const known = catalogSeeds.filter((seed) => developmentSeeds.some((used) => used === seed));
  const status = known.length === 0 ? 'none used in development' : `${known.join(', ')} USED IN DEVELOPMENT`;
  return [
    `Synthetic catalogs ${catalogSeeds.join(', ')} (${status}) of ${users} users and ${items} items; ` +
      `knowledge by the ${reasoner} reasoner, no LLM. ${device}, ${seconds.toFixed(0)} s.`,
    `The Utilizer changed ${(100 * refinedShare).toFixed(0)} % of the neighbours that fused similarity would have chosen.`,
  ];
}

/** A sentence for each claim that the demo is there to test, whichever way it came out, and the differences besides. */
function conclusions({ differences }: DemoResult): { claims: string[]; others: string[] } {
  const claims: readonly (readonly [string, string, string])[] = [
    ['The whole method', fullRecipe.label, lightgcnRecipe.label],
    ['Knowledge', beforeRerankLabel, withoutKnowledge.label],
    ['Knowledge of the right entity', beforeRerankLabel, permutedKnowledge.label],
    ['Reranking', fullRecipe.label, beforeRerankLabel],
    ['Feedback', feedbackRecipe.label, fullRecipe.label],
    ...graphAblations.map(({ label }) => [`The ${label.split(' ').at(-1)} graph`, beforeRerankLabel, label] as const),
  ];
  const claimOf = ({ label, baseline }: PairedDifference): string | undefined =>
    claims.find(([, claimed, against]) => claimed === label && against === baseline)?.[0];
  const words = {
    above: 'helps here',
    below: 'HURTS here',
    'no clear difference': 'does not clearly help here',
  } as const;
  const sentence = (one: PairedDifference): string =>
    `${claimOf(one)} ${words[one.verdict]}: ${differenceSentence(one)}`;
  return {
    claims: differences.filter((one) => claimOf(one) !== undefined).map(sentence),
    others: differences.filter((one) => claimOf(one) === undefined).map(differenceSentence),
  };
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function curveChart(title: string, { curves }: DemoResult, recipes: readonly { label: string }[]): LineChart {
  // A row has one colour on the whole page.
  const labels = Object.keys(curves);
  const series = recipes.map(
    ({ label }): Series => ({ name: label, points: meanCurve(curves[label] ?? []), colour: labels.indexOf(label) }),
  );
  return { title, xLabel: 'epoch', yLabel: 'validation Recall@20', series };
}

function meanCurve(curves: readonly (readonly EpochPoint[])[]): [number, number][] {
  const length = Math.min(...curves.map((curve) => curve.length));
  if (!Number.isFinite(length)) return [];
  return Array.from({ length }, (_, at) => {
    const values = curves.map((curve) => curve[at].validRecall20 ?? 0);
    return [curves[0][at].epoch, values.reduce((sum, value) => sum + value, 0) / values.length];
  });
}
