import { basename, join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { TableRow } from '../../files/cells.js';
import { optionalFields, readDenseId, readOwnId } from '../../files/fieldValues.js';
import { readTable, remarksOnTable } from '../../files/table.js';
import type { FolderFiles } from '../folderFiles.js';
import { InteractionRows } from '../interactionRows.js';
import { itemListAmong } from '../itemList.js';
import { type DatasetFormat, type RawDataset, usualKCore } from '../rawDataset.js';
import { featureFile, readContent, readFeatures } from './mmrecItems.js';

/**
 * The folder of the MMRec library: `<name>.inter` (tab-separated userID, itemID, optional rating, timestamp and x_label: 0
 * train, 1 validation, 2 test; ids from 0), `<modality>_feat.npy` (or `.npz`) with one row per item, and optional
 * `u_id_mapping.csv` and `i_id_mapping.csv` with the ids at the source. A list of items (see `readItemList`) may stand beside
 * them, by the ids at the source.
 */
export const mmrecFormat: DatasetFormat = {
  name: 'mmrec',
  knownBy: '<name>.inter',
  matches: ({ names }) => names.some((name) => name.endsWith('.inter')),
  missing: ({ names }) =>
    names.some((name) => featureFile.test(name)) ? [] : ['text_feat.npy and image_feat.npy (item features)'],
  read: readFolder,
};

/** Whatever their names end in. */
const tabbed = { delimiter: '\t' } as const;

interface InterFile {
  readonly rows: ReturnType<InteractionRows['take']>;
  readonly users: number;
  readonly items: number;
  readonly remarks: readonly string[];
}

async function readFolder({ folder, names: fileNames }: FolderFiles): Promise<RawDataset> {
  const tables = fileNames.filter((name) => name.endsWith('.inter'));
  if (tables.length > 1) {
    throw new AmrError({
      what: folder,
      got: `${tables.length} .inter files: ${tables.slice(0, 5).join(', ')}`,
      expected: 'one',
      hint: 'name the file itself instead of its folder',
    });
  }
  const remarks: string[] = [];
  const inter = await readInter(join(folder, tables[0]));
  remarks.push(...inter.remarks);
  const userIds = await readMapping(folder, fileNames, 'u_id_mapping.csv', 'userID', inter.users);
  const itemIds = await readMapping(folder, fileNames, 'i_id_mapping.csv', 'itemID', inter.items);
  const features = await readFeatures(folder, fileNames, itemIds.length);
  const listName = itemListAmong(fileNames);
  const listed = listName === undefined ? null : await readContent(folder, listName, itemIds, remarks);
  if (fileNames.includes('user_graph_dict.npy')) {
    remarks.push('user_graph_dict.npy is a pickle and was not read; user graphs are built from the interactions');
  }
  return {
    format: 'mmrec',
    name: basename(tables[0], '.inter'),
    userIds,
    itemIds,
    ...inter.rows,
    content: listed?.content ?? null,
    imageUrls: listed?.imageUrls ?? null,
    features,
    keepsAllIds: true,
    defaultKCore: inter.rows.labels ? 0 : usualKCore,
    remarks,
  };
}

async function readInter(path: string): Promise<InterFile> {
  const rows = new InteractionRows();
  const largest = { user: -1, item: -1, userWhere: '', itemWhere: '' };
  const shape = {
    required: ['userID', 'itemID'],
    optional: ['rating', 'timestamp', 'x_label'],
  } as const;
  const onRow = (row: TableRow) => {
    const user = readDenseId(row, 'userID');
    const item = readDenseId(row, 'itemID');
    if (user > largest.user) Object.assign(largest, { user, userWhere: row.where });
    if (item > largest.item) Object.assign(largest, { item, itemWhere: row.where });
    rows.add(user, item, ...optionalFields(row));
  };
  const facts = await readTable(path, shape, onRow, tabbed);
  if (rows.length === 0) {
    throw new AmrError({
      what: path,
      got: 'a header without rows',
      expected: 'at least one interaction',
      hint: 'check that the file was copied whole',
    });
  }
  requireDense(largest.user, rows.length, `${largest.userWhere}, userID`);
  requireDense(largest.item, rows.length, `${largest.itemWhere}, itemID`);
  return {
    rows: rows.take(),
    users: largest.user + 1,
    items: largest.item + 1,
    remarks: remarksOnTable(basename(path), facts),
  };
}

/** Ids count from 0 with few holes; one stray huge id would make every array of the run that long. */
function requireDense(largest: number, rows: number, where: string): void {
  const limit = 16 * rows + 65_536;
  if (largest < limit) return;
  throw new AmrError({
    what: where,
    got: String(largest),
    expected: `an id below ${limit} in a file of ${rows} rows`,
    hint: 'ids of an .inter file count from 0 without large holes; repair the row or number the ids anew',
  });
}

/** The ids at the source from `u_id_mapping.csv` or `i_id_mapping.csv`, else the numbers themselves. */
async function readMapping(
  folder: string,
  fileNames: readonly string[],
  fileName: string,
  column: string,
  count: number,
): Promise<string[]> {
  if (!fileNames.includes(fileName)) return Array.from({ length: count }, (_, id) => String(id));
  const path = join(folder, fileName);
  const ownColumn = await findOwnColumn(path, column);
  const ids: string[] = [];
  const onRow = (row: TableRow) => {
    const id = readDenseId(row, column);
    if (id !== ids.length) {
      throw new AmrError({
        what: `${row.where}, ${column}`,
        got: String(id),
        expected: `${ids.length}: the ids in order from 0`,
        hint: 'sort the mapping by its number',
      });
    }
    ids.push(readOwnId(row, ownColumn));
  };
  await readTable(path, { required: [ownColumn, column], optional: [] }, onRow, tabbed);
  if (ids.length < count) {
    throw new AmrError({
      what: path,
      got: `${ids.length} ids`,
      expected: `at least the ${count} of the interactions`,
      hint: 'the mapping belongs to other data or is cut short',
    });
  }
  if (new Set(ids).size !== ids.length) {
    throw new AmrError({ what: path, got: 'an id twice', expected: 'each id once', hint: 'repair the mapping' });
  }
  return ids;
}

/** The mapping's other column: its name differs between data sets (user_id, asin). */
async function findOwnColumn(path: string, column: string): Promise<string> {
  const { others } = await readTable(path, { required: [column], optional: [] }, () => {}, tabbed);
  if (others.length === 1) return others[0];
  throw new AmrError({
    what: path,
    got: `${others.length} columns besides ${column}`,
    expected: `two tab-separated columns: the id at the source and ${column}`,
    hint: 'remove the other columns, or the file',
  });
}
