import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { Features } from '../../contract.js';
import { readNpy } from '../../files/npy.js';
import { readNpz } from '../../files/npz.js';
import { readTable } from '../../files/table.js';
import { emptyContent } from '../itemFacts.js';
import { readItemList } from '../itemList.js';

/**
 * `feature_list.tsv` names the modalities (column `modality`) in their order and says which were drawn from a seed (column
 * `synthetic`, 1 or 0): data that was exported and read back keeps both. Without it the order is that of the names.
 */
export const featureListName = 'feature_list.tsv';

/** Content by the ids at the source. */
export async function readContent(folder: string, listName: string, itemIds: readonly string[], remarks: string[]) {
  const { items, remarks: onList } = await readItemList(join(folder, listName));
  const listed = new Map(items.map((item) => [item.id, item]));
  const found = itemIds.map((id) => listed.get(id));
  const undescribed = found.filter((item) => item === undefined).length;
  if (undescribed > 0) remarks.push(`${undescribed} items are not in ${listName} and have no text`);
  const unknown = listed.size - (itemIds.length - undescribed);
  if (unknown > 0) remarks.push(`${unknown} items of ${listName} are not in the interactions and are left out`);
  remarks.push(...onList);
  const imageUrls = found.map((item) => item?.imageUrl ?? null);
  return {
    content: found.map((item) => item?.content ?? emptyContent),
    imageUrls: imageUrls.some((url) => url !== null) ? imageUrls : null,
  };
}

/** Modalities in their order, with whether they were drawn. */
async function readFeatureList(folder: string, fileNames: readonly string[]): Promise<Map<string, boolean>> {
  const listed = new Map<string, boolean>();
  if (!fileNames.includes(featureListName)) return listed;
  const shape = { required: ['modality', 'synthetic'], optional: [] };
  await readTable(join(folder, featureListName), shape, (row) => {
    listed.set(row.field('modality') ?? '', row.field('synthetic') !== '0');
  });
  return listed;
}

/** `text_feat.npy`, `image_feat.npz` */
export const featureFile = /^(.+)_feat\.np[yz]$/;

/**
 * `<modality>_feat.npy`, or `.npz` with one array, with one row per item.
 * @throws AmrError input: another number of rows, or a damaged file
 */
export async function readFeatures(folder: string, fileNames: readonly string[], items: number): Promise<Features[]> {
  const features: Features[] = [];
  const listed = await readFeatureList(folder, fileNames);
  const found = new Map(fileNames.flatMap((name) => modalityOf(name).map((modality) => [modality, name])));
  const order = [...listed.keys()].filter((modality) => found.has(modality));
  for (const modality of new Set([...order, ...[...found.keys()].sort()])) {
    const path = join(folder, found.get(modality) ?? '');
    const matrix = path.endsWith('.npz') ? await readNpz(path) : await readNpy(path);
    if (matrix.rows !== items) {
      throw new AmrError({
        what: path,
        got: `${matrix.rows} rows`,
        expected: `${items}, one for each item`,
        hint: 'the features belong to other data, or items are missing from the interactions: add i_id_mapping.csv',
      });
    }
    features.push({ modality, matrix, synthetic: listed.get(modality) ?? false });
  }
  return features;
}

function modalityOf(fileName: string): string[] {
  const modality = featureFile.exec(fileName)?.[1];
  return modality === undefined ? [] : [modality];
}
