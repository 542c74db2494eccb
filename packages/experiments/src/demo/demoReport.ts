import { join } from 'node:path';
import { digest, textTable, writeFileAtomic } from '@agentmmrec/core';
import { comparisonPageTable, differenceChart, renderComparison } from '../comparison/comparisonTable.js';
import type { LineChart, Series } from '../page/charts.js';
import { type Page, type PageTable, renderPage } from '../page/page.js';
import { differenceSentence, type PairedDifference, signed } from '../statistics/comparison.js';
import type { EpochPoint } from '../study/runRecord.js';
import type { DemoResult } from './demo.js';
import {
  feedbackRecipe,
  fullRecipe,
  graphAblations,
  lightgcnRecipe,
  permutedKnowledge,
  vbprRecipe,
  withoutKnowledge,
  withoutRerankingLabel,
} from './demoRows.js';
import { developmentSeeds } from './demoSetting.js';

/** What the demo prints: the table and, in plain words, what helped and what did not. */
export function demoText(result: DemoResult): string {
  const { claims, others } = conclusions(result);
  const table = renderComparison({ rows: result.rows, differences: [] });
  const { columns, rows, words } = choiceTable(result);
  const sections = [
    introduction(result),
    [table],
    ['Options chosen on validation:', textTable([columns, ...rows], words)],
    ['What helped (paired differences, 95 % intervals):', ...indented(claims)],
  ];
  return [...sections, ['Beside it:', ...indented(others)]].map((lines) => lines.join('\n')).join('\n\n');
}

/**
 * Writes the result as JSON and as a page into `<workspace>/reports`. Another demo, of other catalogs, another machine or another version,
 * stands beside it; the same result again takes its own place.
 */
export function writeDemoReport(
  workspace: string,
  result: DemoResult,
): { readonly json: string; readonly page: string } {
  const { seconds: _, ...decides } = result;
  const stem = join(workspace, 'reports', `demo-${digest(decides).slice(0, 8)}`);
  const files = { json: `${stem}.json`, page: `${stem}.html` };
  writeFileAtomic(files.json, `${JSON.stringify(result, null, 2)}\n`);
  writeFileAtomic(files.page, demoPage(result));
  return files;
}

/** The same as a self-contained page with the validation curves. */
export function demoPage(result: DemoResult): string {
  const { differences } = result;
  const page: Page = {
    title: 'AgentMMRec on synthetic catalogs',
    introduction: introduction(result),
    sections: [
      {
        heading: 'What helped',
        paragraphs: [
          'Each part against the row that lacks it alone, in test Recall@20, paired over all users of all catalogs. Knowledge and ' +
            'graphs are compared without reranking.',
        ],
        table: claimTable(result),
      },
      {
        heading: 'Test metrics',
        paragraphs: ['Mean and sample standard deviation over catalogs; the test split was opened once for each run.'],
        table: comparisonPageTable(result, [fullRecipe.label]),
      },
      { heading: 'The rows', table: meaningTable },
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
      { heading: 'Options chosen on validation', table: choiceTable(result) },
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

/** What the demo is there to test: a part of the method, the row that has it, and the row that lacks it alone. */
const claims: readonly (readonly [part: string, label: string, baseline: string])[] = [
  ['The whole method', fullRecipe.label, lightgcnRecipe.label],
  ['Knowledge', withoutRerankingLabel, withoutKnowledge.label],
  ['Knowledge of the right entity', withoutRerankingLabel, permutedKnowledge.label],
  ['Reranking', fullRecipe.label, withoutRerankingLabel],
  ['Feedback (off by default)', feedbackRecipe.label, fullRecipe.label],
  ...graphAblations.map(({ label }) => [`The ${label.split(' ').at(-1)} graph`, withoutRerankingLabel, label] as const),
];

const verdictWords = {
  above: { sentence: 'helps here', cell: 'helps' },
  below: { sentence: 'HURTS here', cell: 'HURTS' },
  'no clear difference': { sentence: 'does not clearly help here', cell: 'not clear' },
} as const;

/** The claims with their differences, in the order of the differences. */
function tested({ differences }: DemoResult): { part: string; difference: PairedDifference }[] {
  return differences.flatMap((difference) => {
    const { label, baseline } = difference;
    const part = claims.find(([, claimed, against]) => claimed === label && against === baseline)?.[0];
    return part === undefined ? [] : [{ part, difference }];
  });
}

/** A sentence for each claim, whichever way it came out, and the differences besides. */
function conclusions(result: DemoResult): { claims: string[]; others: string[] } {
  const found = tested(result);
  return {
    claims: found.map(
      ({ part, difference }) =>
        `${part} ${verdictWords[difference.verdict].sentence}: ${differenceSentence(difference)}`,
    ),
    others: result.differences
      .filter((one) => found.every(({ difference }) => difference !== one))
      .map(differenceSentence),
  };
}

function claimTable(result: DemoResult): PageTable {
  const rows = tested(result).map(({ part, difference }) => {
    const { baseline, interval, relative, seedsAbove, seeds, verdict } = difference;
    return [
      part,
      verdictWords[verdict].cell,
      signed(interval.mean, 4),
      `[${signed(interval.low, 4)}, ${signed(interval.high, 4)}]`,
      `${signed(100 * relative, 1)} %`,
      `${seedsAbove} of ${seeds}`,
      baseline,
    ];
  });
  const columns = ['part', 'verdict', 'difference', '95 % interval', 'relative', 'higher in', 'compared with'];
  return { columns, rows, words: [1, 6] };
}

/** What each row that chooses has chosen on each catalog. */
function choiceTable({ catalogSeeds, chosen }: DemoResult) {
  return {
    columns: ['catalog', 'row', 'chosen'],
    rows: catalogSeeds.flatMap((seed, at) =>
      Object.entries(chosen).map(([label, choices]) => [String(seed), label, choices[at]]),
    ),
    words: [1, 2],
  };
}

const meaningTable: PageTable = {
  columns: ['row', 'what it is'],
  words: [1],
  rows: [
    [lightgcnRecipe.label, 'Interactions alone; layers and weight chosen on the validation split of each catalog.'],
    [
      vbprRecipe.label,
      'Interactions with features of text and image; weight and learning rate chosen in the same way.',
    ],
    [
      withoutRerankingLabel,
      'Knowledge of users and items as features and graphs, lists as the recommender ranks them; weight, loss and layers chosen in the same way.',
    ],
    [fullRecipe.label, 'The method by default: the same lists reordered by what is known of the user and the items.'],
    [feedbackRecipe.label, 'Off by default: the same on preferences that feedback rounds have rewritten before.'],
    [withoutKnowledge.label, 'The same recommender with features and raw graphs only, its options chosen for itself.'],
    [permutedKnowledge.label, 'Each user and item has the knowledge of another one: as much text, the wrong content.'],
    [graphAblations[0].label, 'No graph of users with like preferences.'],
    [graphAblations[1].label, 'No graph of items with like properties.'],
    [graphAblations[2].label, 'No refined item graph.'],
  ],
};

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
