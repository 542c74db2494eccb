import { csvField, markdownText, textTable } from '@agentmmrec/core';
import { metricNames } from '@agentmmrec/evaluation';
import type { ExperimentResult } from '../execution/result.js';
import { dataTitle } from './dataTitle.js';
import { provenanceFacts } from './provenanceFacts.js';
import {
  bestOf,
  cellText,
  columnsOf,
  differenceCells,
  differenceColumns,
  differenceWords,
  groupedRows,
  notesOf,
} from './resultTable.js';

/** For a terminal. */
export function renderResult(result: ExperimentResult): string {
  const columns = columnsOf(result);
  const groups = groupedRows(result).flatMap(({ group, rows }) => [
    ...(group === null ? [] : [[`— ${group}`]]),
    ...rows.map((row) => [row.label, ...columns.map((column) => cellText(column, row))]),
  ]);
  const notes = notesOf(result);
  const differences = result.differences.filter(({ metric }) => metric === 'recall@20').map(differenceCells);
  return [
    textTable([['test', ...columns.map(({ label }) => label)], ...groups]),
    ...(differences.length > 0 ? ['', textTable([differenceColumns, ...differences], differenceWords)] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

export function renderMarkdown(result: ExperimentResult): string {
  const columns = columnsOf(result);
  const rows = groupedRows(result).flatMap(({ group, rows: own }) => [
    ...(group === null ? [] : [[`*${markdownText(group)}*`, ...columns.map(() => '')]]),
    ...own.map((row) => [
      markdownText(row.label),
      ...columns.map((column) => {
        const text = cellText(column, row);
        const best = bestOf(column, result.rows);
        return best !== null && column.value(row) === best ? `**${text}**` : text;
      }),
    ]),
  ]);
  const { data, seeds } = result;
  return [
    `# ${result.title} on ${markdownText(dataTitle(data))}`,
    '',
    `${capital(result.summary)}.${result.shows ? ` In the paper: ${result.shows}.` : ''}`,
    '',
    `${data.users} users, ${data.items} items, ${data.train} training, ${data.validation} validation, ${data.test} test interactions; seeds ${seeds.join(', ')}; mean ± sample standard deviation on test.`,
    '',
    ...markdownTable(['', ...columns.map(({ label }) => label)], rows),
    ...section(
      'Notes',
      [...notesOf(result), ...result.remarks].map((note) => `- ${markdownText(note)}`),
    ),
    ...section(
      'Paired differences',
      result.differences.length === 0
        ? []
        : markdownTable(
            differenceColumns,
            result.differences.map((one) =>
              differenceCells(one).map((cell, at) => (at < 2 ? markdownText(cell) : cell)),
            ),
            differenceWords,
          ),
    ),
    ...result.tables.flatMap(({ heading, columns: names, rows: cells }) =>
      section(
        heading,
        markdownTable(
          names,
          cells.map((row) => row.map(markdownText)),
        ),
      ),
    ),
    ...section(
      'Where the numbers come from',
      provenanceFacts(result).map(
        ([name, value]) => `- ${name}: ${name === 'Command' ? `\`${value}\`` : markdownText(value)}`,
      ),
    ),
    '',
  ].join('\n');
}

/** One line a row and metric: what other programs read most easily. */
export function renderCsv({ rows }: ExperimentResult): string {
  const head = [
    'row',
    'group',
    'seeds',
    'metric',
    'mean',
    'spread',
    'paper',
    'epochs',
    'secondsPerEpoch',
    'peakRssBytes',
    'note',
  ];
  const lines = rows.flatMap((row) =>
    metricNames.map((metric) => [
      row.label,
      row.group ?? '',
      String(row.seeds.length),
      metric,
      ...[
        row.mean?.[metric],
        row.spread?.[metric],
        row.paper?.metrics[metric],
        row.epochs,
        row.secondsPerEpoch,
        row.peakRssBytes,
      ].map((value) => (value === null || value === undefined ? '' : String(value))),
      [...row.notes, ...row.failures].join('; '),
    ]),
  );
  return `${[head, ...lines].map((cells) => cells.map((cell) => csvField(cell)).join(',')).join('\n')}\n`;
}

/** A table of the booktabs package, the best of each column bold. */
export function renderLatex(result: ExperimentResult): string {
  const columns = columnsOf(result);
  const rows = groupedRows(result).flatMap(({ group, rows: own }, at) => [
    ...(group === null
      ? []
      : [`${at === 0 ? '' : '\\midrule '}\\multicolumn{${columns.length + 1}}{l}{\\textit{${latexText(group)}}} \\\\`]),
    ...own.map((row) => {
      const cells = columns.map((column) => {
        const text = latexText(cellText(column, row)).replace('±', '$\\pm$').replace('–', '--');
        const best = bestOf(column, result.rows);
        return best !== null && column.value(row) === best ? `\\textbf{${text}}` : text;
      });
      return `${[latexText(row.label), ...cells].join(' & ')} \\\\`;
    }),
  ]);
  return [
    `% ${result.title} on ${dataTitle(result.data).replace(/\s+/g, ' ')}; seeds ${result.seeds.join(', ')}; needs \\usepackage{booktabs}`,
    `\\begin{tabular}{l${'r'.repeat(columns.length)}}`,
    '\\toprule',
    `${['', ...columns.map(({ label }) => latexText(label))].join(' & ')} \\\\`,
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const sides = columns.map((_, column) => (column === 0 || words.includes(column) ? '---' : '---:'));
  return [line(columns), line(sides), ...rows.map(line)];
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${heading}`, '', ...lines];
}

function latexText(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '^': '\\textasciicircum{}',
  };
  return text.replace(/[\\&%$#_{}~^]/g, (character) => names[character] ?? `\\${character}`);
}
