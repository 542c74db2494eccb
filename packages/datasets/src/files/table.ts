import { AmrError } from '@agentmmrec/core';
import { rowOf, type TableRow } from './cells.js';
import { type ChosenColumns, type ColumnChoice, chooseColumns, type TableShape } from './columns.js';
import { forEachLine, type LineEncoding } from './lines.js';
import { type Delimiter, RecordSplitter } from './recordSplitter.js';

/** What was found in a table besides its rows. */
export interface TableFacts {
  /** names of the columns that were not asked for */
  readonly others: readonly string[];
  /** fields of a tab-separated table that stood in double quotes and were read without them */
  readonly unquoted: number;
}

/** How a delimited table is written, where its name does not say it. */
export interface TableWriting {
  /** default: a tab for names in `.tsv`, `.tab`, `.txt`, `.dat` or as RecBole has them, else a comma; where the header has none of it, what it has */
  readonly delimiter?: Delimiter;
  readonly encoding?: LineEncoding;
  /** what a name of the header stands for */
  readonly rename?: (name: string) => string;
}

/**
 * Reads a delimited table with a header row by row. Columns may stand in any order; further columns are ignored unless their name is
 * a misspelling of a wanted one. Empty lines are skipped. Where the shape's choice names places (1, 2, ...), there is no header.
 * @throws AmrError input: no header, a missing or doubled column, a row with too many or too few fields, an open quote
 */
export async function readTable(
  path: string,
  shape: TableShape,
  onRow: (row: TableRow) => void,
  writing: TableWriting = {},
): Promise<TableFacts> {
  let splitter: RecordSplitter | undefined;
  let columns: ChosenColumns | undefined;
  let width = 0;
  const begin = (fields: readonly string[], where: string): boolean => {
    const bare = countsPlaces(shape);
    const own = bare ? fields.map((_, n) => String(n + 1)) : fields.map((name) => writing.rename?.(name) ?? name);
    columns = chooseColumns(where, own, shape);
    width = fields.length;
    return bare;
  };
  const onRecord = (fields: readonly string[], number: number) => {
    const where = `${path} line ${number}`;
    if (!columns && !begin(fields, where)) return;
    const places = columns?.places;
    if (fields.length !== width) throw wrongCount(where, fields.length, width);
    onRow(
      rowOf(where, (column) => {
        const place = places?.get(column);
        return place === undefined ? undefined : fields[place];
      }),
    );
  };
  await forEachLine(
    path,
    (line, number) => {
      if (line === '' && !splitter?.open) return;
      if (splitter === undefined && /^sep=.$/i.test(line)) return; // a spreadsheet's note to itself
      splitter ??= new RecordSplitter(path, writing.delimiter ?? delimiterOf(path, line));
      for (const record of splitter.take(line, number, width)) onRecord(record.fields, record.number);
    },
    writing.encoding ? { encoding: writing.encoding } : {},
  );
  for (const record of splitter?.end(width) ?? []) onRecord(record.fields, record.number);
  if (!columns || !splitter) throw emptyFile(path, shape);
  return { others: columns.others, unquoted: splitter.unquoted };
}

/** What parts the fields by the name, or what parts the header most often outside of quotes: names hold commas too. */
function delimiterOf(path: string, header: string): Delimiter {
  const usual: Delimiter = /\.(tsv|tab|txt|inter|item|user|dat)(\.gz)?$/.test(path) ? '\t' : ',';
  const bare = header.replace(/"[^"]*"/g, '');
  if (usual === '\t' && bare.includes(usual)) return usual;
  const count = (delimiter: Delimiter) => bare.split(delimiter).length;
  return ([usual, '\t', ';', ',', '|'] as const).reduce((most, other) => (count(other) > count(most) ? other : most));
}

/** Whether the caller's choice counts places: then the first line is a row. */
function countsPlaces({ chosen = {}, required, optional }: TableShape): boolean {
  const names = [...required, ...optional].flatMap((column) => (chosen[column] ? [chosen[column]] : []));
  return names.length > 0 && names.every((name) => /^[1-9]\d?$/.test(name));
}

/** What a reader remarks on a table. */
export function remarksOnTable(fileName: string, { others, unquoted }: TableFacts, chosen?: ColumnChoice): string[] {
  const most = 12;
  const remarks = others
    .filter((name) => !Object.values(chosen ?? {}).includes(name))
    .map((name) => `column "${name}" of ${fileName} is not used`);
  if (remarks.length > most) remarks.splice(most, remarks.length, `${remarks.length - most} more are not used`);
  if (unquoted > 0) remarks.push(`${unquoted} fields of ${fileName} stood in quotes and were read without them`);
  return remarks;
}

function wrongCount(where: string, got: number, expected: number): AmrError {
  return new AmrError({
    what: where,
    got: `${got} fields`,
    expected: `${expected}, as in the header`,
    hint: 'the row is damaged or cut short; repair or remove it',
  });
}

function emptyFile(path: string, { required }: TableShape): AmrError {
  return new AmrError({
    what: path,
    got: 'an empty file',
    expected: `a header with ${required.join(', ')}`,
    hint: 'check that the file was copied whole',
  });
}
