import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { ItemContent } from '../contract.js';
import { readOwnId, readTime } from '../files/fieldValues.js';
import { findImageFile, imagesByName } from '../files/imageFile.js';
import { forEachLine } from '../files/lines.js';
import { plainText } from '../files/plainText.js';
import { readTable } from '../files/table.js';
import { DropCounter } from './droppedRows.js';
import type { FolderFiles } from './folderFiles.js';
import { IdNumbering } from './idNumbering.js';
import { InteractionRows } from './interactionRows.js';
import { emptyContent } from './itemFacts.js';
import { type DatasetFormat, type RawDataset, usualKCore } from './rawDataset.js';

const pairsName = /^MicroLens.*_pairs\.(csv|tsv)$/i;
const titlesName = /^MicroLens.*_titles?(_en)?\.csv$/i;
const coversName = /^MicroLens.*_covers$/i;

/**
 * MicroLens (Ni et al. 2023, "A content-driven micro-video recommendation dataset at scale"): `MicroLens-X_pairs.csv` (user,
 * item, timestamp) or `_pairs.tsv` (a user, then the items in the order of time), `_titles.csv` (item, title), `_covers/`.
 */
export const microLensFormat: DatasetFormat = {
  name: 'microlens',
  knownBy: 'MicroLens-X_pairs.csv',
  matches: ({ names }) => names.some((name) => pairsName.test(name)),
  missing: ({ names }) => [
    ...(names.some((name) => titlesName.test(name)) ? [] : ['MicroLens-X_titles.csv']),
    ...(names.some((name) => coversName.test(name)) ? [] : ['the folder MicroLens-X_covers']),
  ],
  read: readFolder,
};

async function readFolder({ folder, names: fileNames }: FolderFiles): Promise<RawDataset> {
  const candidates = fileNames.filter((name) => pairsName.test(name)).sort();
  // The table holds real times, the list only their order.
  const pairs = candidates.find((name) => name.endsWith('.csv')) ?? candidates[0];
  const path = join(folder, pairs);
  const users = new IdNumbering();
  const items = new IdNumbering();
  const rows = new InteractionRows();
  const add = (user: string, item: string, time: number) => {
    rows.add(users.numberOf(user), items.numberOf(item), undefined, time);
  };
  const dropped = new DropCounter();
  if (pairs.endsWith('.csv')) {
    await readTable(path, { required: ['user', 'item', 'timestamp'], optional: [] }, (row) => {
      add(readOwnId(row, 'user'), readOwnId(row, 'item'), readTime(row, 'timestamp'));
    });
  } else await readLists(path, add, dropped);
  if (rows.length === 0) {
    throw new AmrError({ what: path, got: 'no interaction', expected: 'at least one', hint: 'check the file' });
  }
  const remarks: string[] = [];
  const content = await readContent(folder, fileNames, items, remarks);
  return {
    format: 'microlens',
    name: basename(pairs).replace(/_pairs\.(csv|tsv)$/i, ''),
    userIds: users.ids,
    itemIds: items.ids,
    ...rows.take(),
    content,
    features: [],
    keepsAllIds: false,
    defaultKCore: usualKCore,
    dropped: dropped.list(),
    remarks,
  };
}

/** `user TAB item item item`: times are the places in the line. */
async function readLists(
  path: string,
  add: (user: string, item: string, time: number) => void,
  dropped: DropCounter,
): Promise<void> {
  let good = 0;
  await forEachLine(path, (line) => {
    if (line === '') return;
    const [user, list, ...rest] = line.split('\t');
    const items = (list ?? '').split(' ').filter((item) => item !== '');
    if (user === '' || user.length > 256 || items.length === 0 || rest.length > 0) {
      dropped.add('lines that are not a user, a tab and items');
      return;
    }
    good++;
    items.forEach((item, place) => {
      add(user, item, place);
    });
  });
  dropped.refuseMostlyDamaged(path, good);
}

async function readContent(
  folder: string,
  fileNames: readonly string[],
  items: IdNumbering,
  remarks: string[],
): Promise<ItemContent[] | null> {
  const titles = fileNames.filter((name) => titlesName.test(name)).sort();
  const covers = fileNames.find((name) => coversName.test(name));
  if (titles.length === 0 && covers === undefined) return null;
  const content: ItemContent[] = items.ids.map(() => emptyContent);
  if (titles.length > 0) {
    // English titles, where both languages are there.
    const name = titles.find((candidate) => /_en\.csv$/i.test(candidate)) ?? titles[0];
    await readTable(join(folder, name), { required: ['item', 'title'], optional: [] }, (row) => {
      const item = items.find(row.field('item') ?? '');
      if (item !== undefined) content[item] = { ...emptyContent, title: plainText(row.field('title') ?? '') };
    });
    const untitled = content.filter((item) => item.title === '').length;
    if (untitled > 0) remarks.push(`${untitled} items have no title in ${name}`);
  }
  if (covers === undefined) return content;
  const root = realpathSync(folder);
  const images = imagesByName(root, covers);
  return content.map((item, n) => {
    const image = images.get(items.ids[n]);
    const file = image === undefined ? undefined : findImageFile(root, image, join(folder, image));
    return { ...item, imagePath: file?.path ?? null };
  });
}
