import { existsSync, readFileSync } from 'node:fs';
import { AmrError, type Matrix, matrix, matrixRow, withoutMarks } from '@agentmmrec/core';
import type { Features } from '../../contract.js';
import type { TableRow } from '../../files/cells.js';
import { columnNames } from '../../files/columnNames.js';
import type { ColumnChoice, TableShape } from '../../files/columns.js';
import { optionalFields, readOwnId } from '../../files/fieldValues.js';
import { readTable, remarksOnTable, type TableFacts } from '../../files/table.js';
import type { FolderFiles } from '../folderFiles.js';
import { IdNumbering } from '../idNumbering.js';
import { InteractionRows } from '../interactionRows.js';
import { contentByNumber, readItemList } from '../itemList.js';
import { type DatasetFormat, type RawDataset, usualKCore } from '../rawDataset.js';
import { EarlierItems } from './earlierItems.js';

/** The files of a split data set, as the library names them. */
const partEndings = ['.train.inter', '.valid.inter', '.test.inter'];
const embeddingFile = /\.(text|image|audio|video|.+)emb$/;
const tabbed = { delimiter: '\t' } as const;

/**
 * Atomic files of the RecBole library: `<name>.inter` (or `.train.inter`, `.valid.inter` and `.test.inter`: then the data comes split)
 * and `<name>.item`, parted by tabs (or what the header has in their place), with headers that say the type of each column (`user_id:token`); and the features that
 * `data export --format recbole` writes beside them (`<name>.<modality>emb`).
 */
export const recboleFormat: DatasetFormat = {
  name: 'recbole',
  knownBy: '<name>.inter with typed columns (user_id:token)',
  takesColumns: true,
  matches: (files) => interFiles(files).length > 0,
  missing: (files) => (itemFile(files, nameOf(files)) ? [] : ['<name>.item (titles, categories)']),
  read: readFolder,
};

function interFiles(files: FolderFiles): string[] {
  return files.names.filter((name) => name.endsWith('.inter') && /:(token|float)/.test(files.firstLine(name)));
}

function nameOf(files: FolderFiles): string {
  const [first] = interFiles(files);
  const ending = partEndings.find((part) => first.endsWith(part)) ?? '.inter';
  return first.slice(0, -ending.length);
}

function itemFile(files: FolderFiles, name: string): string | undefined {
  return files.names.find((candidate) => candidate === `${name}.item`);
}

async function readFolder(files: FolderFiles, columns: ColumnChoice | undefined): Promise<RawDataset> {
  const name = nameOf(files);
  const parts = chooseInter(files, name);
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  const remarks: string[] = [];
  const earlier = new EarlierItems();
  for (const { file, label } of parts) {
    const shape = {
      required: ['user', 'item'],
      optional: ['rating', 'timestamp'],
      aside: ['earlier items'],
      chosen: columns,
    };
    const facts = await readAtomic(files.path(file), shape, (row) => {
      const user = users.numberOf(readOwnId(row, 'user'));
      const item = items.numberOf(readOwnId(row, 'item'));
      if (earlier.take(row, user, item, items)) rows.add(user, item, undefined, undefined, label);
      else rows.add(user, item, ...ratingAndTime(row), label);
    });
    remarks.push(...remarksOnTable(file, earlier.factsWithout(facts)));
  }
  remarks.push(...earlier.addTo(rows, parts.length > 1 ? 0 : undefined));
  if (rows.length === 0) {
    throw new AmrError({
      what: files.path(parts[0].file),
      got: 'a header without rows',
      expected: 'at least one interaction',
      hint: 'check that the file was copied whole',
    });
  }
  const list = itemFile(files, name);
  const listed = list && (await readItemList(files.path(list), columns, readAtomic));
  const found = listed ? contentByNumber(list, listed, items, remarks) : null;
  return {
    format: 'recbole',
    name,
    userIds: users.ids,
    itemIds: items.ids,
    ...rows.take(),
    content: found?.content ?? null,
    imageUrls: found?.imageUrls ?? null,
    features: await readEmbeddings(files, name, items.ids),
    keepsAllIds: true,
    defaultKCore: parts.length > 1 ? 0 : usualKCore,
    remarks,
  };
}

function ratingAndTime(row: TableRow): [rating?: number, time?: number] {
  const [rating, time] = optionalFields(row);
  return [rating, time];
}

/** The whole file, or the three parts with their labels. */
function chooseInter(files: FolderFiles, name: string): { file: string; label?: number }[] {
  const found = interFiles(files);
  const others = found.filter((file) => ![`${name}.inter`, ...partEndings.map((end) => name + end)].includes(file));
  if (others.length > 0) {
    throw new AmrError({
      what: files.folder,
      got: `several data sets: ${[`${name}.inter`, ...others].slice(0, 5).join(', ')}`,
      expected: 'one',
      hint: 'name the .inter file itself instead of its folder',
    });
  }
  if (found.includes(`${name}.inter`)) return [{ file: `${name}.inter` }];
  const parts = partEndings.map((ending, label) => ({ file: name + ending, label }));
  const absent = parts.filter(({ file }) => !found.includes(file)).map(({ file }) => file);
  if (absent.length === 0) return parts;
  throw new AmrError({
    what: files.folder,
    got: `a split data set without ${absent.join(' and ')}`,
    expected: 'its three parts, or one file with all interactions',
    hint: `copy the missing files too, or join those that are there and let them be split anew: (cat ${found[0]}; for part in ${found.slice(1).join(' ')}; do tail -n +2 $part; done) > ${name}.inter`,
  });
}

/** Reads a file whose header types its columns: the types only repeat what we read a column as. */
async function readAtomic(path: string, shape: TableShape, onRow: (row: TableRow) => void): Promise<TableFacts> {
  const rename = (name: string) => name.replace(/:(token|token_seq|float|float_seq)$/, '');
  return await readTable(path, { ...shape, names: columnNames }, onRow, { rename });
}

async function readEmbeddings(files: FolderFiles, name: string, itemIds: readonly string[]): Promise<Features[]> {
  const features: Features[] = [];
  const numbers = new Map(itemIds.map((id, n) => [id, n]));
  const configuration = files.path(`${name}.yaml`);
  const said = existsSync(configuration) ? readFileSync(configuration, 'utf8') : '';
  for (const file of files.names) {
    const modality = file.startsWith(`${name}.`) ? embeddingFile.exec(file)?.[1] : undefined;
    if (modality === undefined) continue;
    // What was drawn stays marked: the export says so in its configuration.
    const synthetic = said.includes(`# the ${modality} features are SYNTHETIC`);
    features.push({ modality, matrix: await readEmbedding(files.path(file), numbers), synthetic });
  }
  return features;
}

/** Two columns: the item's id and its numbers, parted by spaces. */
async function readEmbedding(path: string, numbers: ReadonlyMap<string, number>): Promise<Matrix> {
  let rows: Matrix | undefined;
  let found = 0;
  const wrong = (where: string, got: string, expected: string) =>
    new AmrError({ what: where, got, expected, hint: 'export the features again, or remove the file' });
  const shape = { required: ['1', '2'], optional: [], chosen: { 1: '1', 2: '2' } };
  let header = true;
  await readTable(
    path,
    shape,
    (row) => {
      if (header) {
        header = false;
        return;
      }
      const item = numbers.get(withoutMarks(row.field('1') ?? ''));
      if (item === undefined) return;
      const values = Float32Array.from((row.field('2') ?? '').trim().split(/\s+/), Number);
      rows ??= matrix(numbers.size, values.length);
      if (values.length !== rows.cols || !values.every((value) => Number.isFinite(value))) {
        throw wrong(row.where, `${values.length} values`, `${rows.cols} finite numbers, as in the first row`);
      }
      matrixRow(rows, item).set(values);
      found++;
    },
    tabbed,
  );
  if (rows && found === numbers.size) return rows;
  throw wrong(path, `features of ${found} items`, `features of all ${numbers.size}`);
}
