import { csvField, markdownText, printable, textTable } from '@agentmmrec/core';
import { metricNames } from '@agentmmrec/evaluation';
import type { ExperimentResult } from '../execution/result.js';
import { dataTitle } from './dataTitle.js';
import { choiceTable, missingTable, type NoteTable, notesOf, remarkTable, wordsOf } from './noteTables.js';
import { provenanceFacts } from './provenanceFacts.js';
import {
  bestOf,
  cellText,
  columnsOf,
  differenceCells,
  differenceColumns,
  differenceWords,
  groupedRows,
} from './resultTable.js';

/** For a terminal. */
export function renderResult(result: ExperimentResult): string {
  const columns = columnsOf(result);
  const groups = groupedRows(result).flatMap(({ group, rows }) => [
    ...(group === null ? [] : [[`— ${group}`]]),
    ...rows.map((row) => [row.label, ...columns.map((column) => cellText(column, row))]),
  ]);
  const choices = choiceTable(result);
  // A terminal wraps sentences, and no columns of them.
  const sentences = [
    ...remarkTable(result).rows.map(([which, note]) => `${which}: ${note}`),
    ...missingTable(result).rows.map(([why, , which]) => `Not run, ${why}: ${which}`),
  ];
  const differences = result.differences.filter(({ metric }) => metric === 'recall@20').map(differenceCells);
  return [
    textTable([['test', ...columns.map(({ label }) => label)], ...groups]),
    ...(differences.length > 0 ? ['', textTable([differenceColumns, ...differences], differenceWords)] : []),
    ...(choices.rows.length > 0 ? ['', textTable([choices.columns, ...choices.rows], choices.words)] : []),
    ...(sentences.length > 0 ? ['', ...sentences] : []),
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
  const notes = notesOf(result);
  return [
    `# ${result.title} on ${markdownText(dataTitle(data))}`,
    '',
    `${capital(result.summary)}.${result.shows ? ` In the paper: ${result.shows}.` : ''}`,
    '',
    `${data.users} users, ${data.items} items, ${data.train} training, ${data.validation} validation, ${data.test} test interactions; seeds ${seeds.join(', ')}; mean ± sample standard deviation on test.`,
    '',
    ...markdownTable(['', ...columns.map(({ label }) => label)], rows),
    ...notes.tables.flatMap((table) => section(table.heading, markdownNotes(table))),
    ...section(
      'Notes',
      notes.sentences.map((note) => `- ${markdownText(note)}`),
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
    'chosen',
    'searchRuns',
    'searchSeed',
    'validRecall20',
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
      ...(row.choice
        ? [wordsOf(row.choice.options), row.choice.finished, row.choice.seed, row.choice.validRecall20 ?? ''].map(
            String,
          )
        : ['', '', '', '']),
      [...row.notes, ...row.failures].join('; '),
    ]),
  );
  return `${[head, ...lines].map((cells) => cells.map((cell) => csvField(cell)).join(',')).join('\n')}\n`;
}

/** Tables of the booktabs package, the best of each column bold; what is said of rows follows, and other notes as comments. */
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
  const notes = notesOf(result);
  return [
    `% ${result.title} on ${oneLine(dataTitle(result.data))}; seeds ${result.seeds.join(', ')}; needs \\usepackage{booktabs}`,
    `\\begin{tabular}{l${'r'.repeat(columns.length)}}`,
    '\\toprule',
    `${['', ...columns.map(({ label }) => latexText(label))].join(' & ')} \\\\`,
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    ...notes.tables.flatMap(latexNotes),
    ...notes.sentences.map((note) => `% ${oneLine(note)}`),
    '',
  ].join('\n');
}

function markdownNotes({ columns, rows, words }: NoteTable): string[] {
  const cells = rows.map((row) => row.map(markdownText));
  return markdownTable(columns, cells, words);
}

/** Below the table: as wide as the text, with words wrapped. */
function latexNotes({ heading, columns, rows, words }: NoteTable): string[] {
  const line = (cells: readonly string[]) => `${cells.map(latexText).join(' & ').replaceAll('–', '--')} \\\\`;
  const sides = columns.map((_, column) =>
    words.includes(column) ? 'p{.45\\textwidth}' : column === 0 ? 'p{.3\\textwidth}' : 'r',
  );
  return [
    '',
    `\\medskip % ${heading}`,
    `\\begin{tabular}{${sides.join('')}}`,
    '\\toprule',
    line(columns),
    '\\midrule',
    ...rows.map(line),
    '\\bottomrule',
    '\\end{tabular}',
  ];
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

/** As a comment may hold it: what follows a line end would be set. */
function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

function latexText(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '^': '\\textasciicircum{}',
  };
  return oneLine(text).replace(/[\\&%$#_{}~^]/g, (character) => names[character] ?? `\\${character}`);
}
