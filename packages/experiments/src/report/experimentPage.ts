import type { ExperimentResult, ResultRow } from '../execution/result.js';
import type { HeatCell, HeatMap, IntervalChart, LineChart } from '../page/charts.js';
import { type PageCell, type PageSection, type PageTable, renderPage } from '../page/page.js';
import type { PairedDifference } from '../statistics/comparison.js';
import { dataTitle } from './dataTitle.js';
import { notesOf } from './noteTables.js';
import { capital } from './plainForms.js';
import { provenanceFacts } from './provenanceFacts.js';
import {
  bestOf,
  columnsOf,
  differenceCells,
  groupedRows,
  LEAST_SECONDS,
  pValue,
  type ResultColumn,
  signed,
} from './resultTable.js';
import { usersSection } from './usersSection.js';

/** A finished experiment as a self-contained page. */
export function experimentPage(result: ExperimentResult, links: readonly { name: string; file: string }[]): string {
  const { title, summary, shows, data } = result;
  return renderPage({
    title: `${title} on ${dataTitle(data)}`,
    introduction: [`${capital(summary)}.${shows ? ` In the paper: ${shows}.` : ''}`],
    links,
    sections: [
      { heading: 'Test metrics', facts: factsOf(result), table: metricTable(result), paragraphs: [] },
      ...figures(result),
      ...differences(result),
      ...usersSection(result.users),
      ...result.tables.map(({ heading, columns, rows }) => ({ heading, table: { columns, rows } })),
      ...notes(result),
      provenance(result),
    ],
  });
}

function factsOf({ data, seeds, provenance }: ExperimentResult): [string, string][] {
  const features = data.features.map(
    ({ modality, width, synthetic }) => `${modality} ${width}${synthetic ? ', SYNTHETIC' : ''}`,
  );
  return [
    ['Data', `${data.name}: ${count(data.users)} users, ${count(data.items)} items`],
    ['Interactions', `${count(data.train)} training, ${count(data.validation)} validation, ${count(data.test)} test`],
    ['Features of the data', features.join('; ') || (data.content ? 'encoded from texts and images' : 'none')],
    ['Seeds', seeds.join(', ')],
    ['Knowledge', provenance.reasoners.join(', ') || 'none'],
    ['Version', `${provenance.version}, code ${provenance.codeVersion.slice(0, 8)}`],
  ];
}

function metricTable(result: ExperimentResult): PageTable {
  const columns = columnsOf(result);
  const groups = groupedRows(result);
  const rows = groups.flatMap(({ rows: own }) => own);
  const headings: Record<number, string> = {};
  let at = 0;
  for (const { group, rows: own } of groups) {
    if (group !== null) headings[at] = group;
    at += own.length;
  }
  return {
    columns: ['', ...columns.map(({ label }) => label)],
    rows: rows.map((row) => [row.label, ...columns.map((column) => cell(column, row, bestOf(column, result.rows)))]),
    headings,
    sortable: true,
  };
}

function cell(column: ResultColumn, row: ResultRow, best: number | null): PageCell {
  const value = column.value(row);
  if (value === null) return '–';
  const spread = column.spread?.(row) ?? null;
  return {
    text: column.format(value),
    value,
    ...(spread !== null && { below: `±${column.format(spread)}` }),
    ...(column.below && { below: column.below(row) }),
    strong: best !== null && value === best,
  };
}

function figures(result: ExperimentResult): PageSection[] {
  const sections: PageSection[] = [];
  const { figures: wanted } = result;
  if (wanted.includes('sweep')) sections.push({ heading: 'Sweeps', lines: sweeps(result) });
  if (wanted.includes('groups') && result.groups.length > 0) sections.push(groupSection(result));
  if (wanted.includes('tradeoff')) {
    const chart = tradeoff(result);
    if (chart) sections.push({ heading: 'Accuracy against time', lines: [chart] });
  }
  if (wanted.includes('curves') && result.curves.some(({ points }) => points.length > 1)) {
    sections.push({ heading: 'Training', lines: curves(result) });
  }
  return sections;
}

function differences(result: ExperimentResult): PageSection[] {
  const sections: PageSection[] = [];
  const recall = result.differences.filter(({ metric }) => metric === 'recall@20');
  if (recall.length > 0) {
    const [first] = recall;
    const shared = recall.length > 1 && recall.every(({ label }) => label === first.label);
    const chart: IntervalChart = {
      title: shared
        ? `${first.label} against each other row: difference in test Recall@20, paired user by user`
        : 'Difference in test Recall@20, paired user by user',
      xLabel: 'percent of the row it is compared with; the bar is the 95 % interval',
      rows: recall.map(({ label, baseline, interval, baselineMean }) => {
        const percent = (value: number) => (baselineMean === 0 ? 0 : (100 * value) / baselineMean);
        return {
          label: shared ? baseline : `${label} − ${baseline}`,
          estimate: percent(interval.mean),
          low: percent(interval.low),
          high: percent(interval.high),
        };
      }),
    };
    sections.push({
      heading: 'Paired differences',
      intervals: [chart],
      table: {
        columns: ['', 'metric', 'difference', 'relative', 'verdict', 'p', 'p of seeds', 'effect size', 'seeds ahead'],
        rows: result.differences.map(differenceRow),
        words: [1, 4],
        sortable: true,
      },
      paragraphs: [
        'Better and worse are said only where the whole interval lies on one side of zero. Intervals: bootstrap over users and seeds. p: paired t-test over users, each user the mean over seeds, corrected by Holm over the rows of one metric; below it Wilcoxon, uncorrected. p of seeds: paired t-test over the means of the seeds, uncorrected. Effect size: mean over standard deviation of the paired differences.',
      ],
    });
  }
  const { significance } = result;
  if (significance && significance.labels.length > 1)
    sections.push({ heading: 'Every row against every other', heatMaps: [heat(significance)] });
  return sections;
}

function differenceRow(one: PairedDifference): PageCell[] {
  const [label, baseline, metric, difference, interval, relative, verdict, p, wilcoxon, ofSeeds, effect, seeds] =
    differenceCells(one);
  const { tests, seedsAbove } = one;
  return [
    { text: label, below: `against ${baseline}` },
    metric,
    { text: difference, below: interval, value: one.interval.mean },
    { text: relative, value: one.relative },
    { text: verdict, strong: one.verdict === 'below' },
    { text: p, below: wilcoxon, value: tests.correctedP },
    { text: ofSeeds, value: tests.seedTTestP },
    { text: effect, value: tests.effectSize },
    { text: seeds, value: seedsAbove },
  ];
}

function heat({ labels, cells }: NonNullable<ExperimentResult['significance']>): HeatMap {
  return {
    title: 'Paired t-tests of test Recall@20, corrected by Holm over all pairs',
    labels,
    caption:
      'Green: the row is ahead of the column, orange: behind; the stronger, the smaller p. Empty of colour: p of 0.05 and more.',
    cells: cells.map((row, i) =>
      row.map((pair, j): HeatCell | null => {
        if (pair === null) return null;
        const clear = pair.p < 0.05;
        return {
          text: clear ? (pair.difference > 0 ? '+' : '−') : '·',
          side: clear ? (pair.difference > 0 ? 'gain' : 'loss') : 'tie',
          strength: clear ? Math.min(0.75, 0.2 + 0.12 * -Math.log10(Math.max(pair.p, 1e-12) / 0.05)) : 0,
          hint: `${labels[i]} against ${labels[j]}: ${signed(pair.difference)}, p ${pValue(pair.p)}`,
        };
      }),
    ),
  };
}

function sweeps({ rows }: ExperimentResult): LineChart[] {
  const names = [...new Set(rows.flatMap(({ sweep }) => (sweep ? [sweep.curve] : [])))];
  return names.map((name) => ({
    title: name,
    xLabel: name,
    yLabel: 'test Recall@20',
    series: [
      {
        name: 'Recall@20',
        points: rows
          .flatMap(({ sweep, mean }) => (sweep?.curve === name && mean ? [[sweep.x, mean['recall@20']] as const] : []))
          .toSorted(([a], [b]) => a - b),
      },
    ],
  }));
}

function groupSection({ groups }: ExperimentResult): PageSection {
  const places = [...new Set(groups.flatMap((row) => row.groups.map(({ label }) => label)))];
  const chart: LineChart = {
    title: 'Test Recall@20 by the training interactions of the user',
    xLabel: 'training interactions of the user',
    yLabel: 'Recall@20',
    places,
    series: groups.map((row) => ({
      name: row.label,
      points: row.groups.map(({ label, metrics }) => [places.indexOf(label), metrics['recall@20']] as const),
    })),
  };
  const users = new Map(groups[0].groups.map((group) => [group.label, group.users]));
  return {
    heading: 'Groups of users',
    lines: [chart],
    table: {
      columns: ['', ...places.map((place) => `${place}: ${count(users.get(place) ?? 0)} users`)],
      rows: groups.map((row) => [
        row.label,
        ...places.map((place): PageCell => {
          const value = row.groups.find(({ label }) => label === place)?.metrics['recall@20'];
          return value === undefined ? '–' : { text: value.toFixed(4), value };
        }),
      ]),
      sortable: true,
    },
  };
}

function tradeoff({ rows }: ExperimentResult): LineChart | null {
  const measured = rows.filter(({ mean, secondsPerEpoch }) => mean !== null && secondsPerEpoch !== null);
  // Rows that share their runs are one dot: a tuned row that kept its own options.
  const known = [
    ...new Map(
      measured.map((row) => [`${row.secondsPerEpoch} ${row.mean?.['recall@20']}`, row] as const).toReversed(),
    ).values(),
  ].toReversed();
  if (known.length < 2) return null;
  return {
    title: 'Test Recall@20 against seconds an epoch',
    xLabel: 'seconds an epoch',
    yLabel: 'Recall@20',
    dots: true,
    wideRange: true,
    series: known.map(({ label, mean, secondsPerEpoch }) => ({
      name: label,
      points: [[Math.max(LEAST_SECONDS, secondsPerEpoch ?? 0), mean?.['recall@20'] ?? 0] as const],
    })),
  };
}

/** More curves than colours: the best stand out, the others show how far the field reaches. */
const MOST_CURVES = 8;

function curves({ curves: all }: ExperimentResult): LineChart[] {
  const best = ({ points }: (typeof all)[number]) => Math.max(...points.map(({ validRecall20 }) => validRecall20 ?? 0));
  const shown = new Set(all.toSorted((a, b) => best(b) - best(a)).slice(0, MOST_CURVES));
  const chart = (
    title: string,
    yLabel: string,
    value: (point: (typeof all)[number]['points'][number]) => number | null,
  ): LineChart => ({
    title,
    xLabel: 'epoch',
    yLabel,
    series: all.map((one) => ({
      name: one.label,
      quiet: !shown.has(one),
      points: one.points.flatMap((point) => {
        const y = value(point);
        return y === null ? [] : [[point.epoch, y] as const];
      }),
    })),
  });
  const validation = chart(
    'Validation Recall@20 by epoch, mean over seeds',
    'validation Recall@20',
    ({ validRecall20 }) => validRecall20,
  );
  // Many rows are many kinds of loss, which share no scale.
  if (all.length > MOST_CURVES) return [validation];
  return [validation, chart('Training loss by epoch, mean over seeds', 'loss', ({ loss }) => loss)];
}

function notes(result: ExperimentResult): PageSection[] {
  const { sentences, tables } = notesOf(result);
  const sources = [...new Set(result.rows.flatMap(({ paper }) => (paper ? [paper.source] : [])))];
  const all = [...sentences, ...(sources.length > 0 ? [`Numbers of the paper: ${sources.join('; ')}.`] : [])];
  return [
    ...tables.map(({ heading, columns, rows, words }) => {
      const cells = rows.map((row) =>
        row.map((text, at) => (at === 0 || words.includes(at) ? text : { text, value: numberIn(text) })),
      );
      return { heading, table: { columns, rows: cells, words, sortable: true } };
    }),
    ...(all.length === 0 ? [] : [{ heading: 'Notes', paragraphs: all }]),
  ];
}

function provenance(result: ExperimentResult): PageSection {
  return { heading: 'Where the numbers come from', facts: provenanceFacts(result), wide: ['Command', 'Options'] };
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** What a cell is sorted by; null where it begins with no number. */
function numberIn(text: string): number | null {
  const number = Number.parseFloat(text);
  return Number.isNaN(number) ? null : number;
}
