import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { toArrow, writeArrowFile, writeFileAtomic } from '@agentmmrec/core';
import { makeVector, Table } from 'apache-arrow';
import type { TrainingData } from '../contract.js';
import { pairsOf } from '../dataset/interactions.js';
import { textColumn, textListColumn } from '../files/arrowColumns.js';
import { openDuckDb, sqlText } from '../files/duckDb.js';
import { copyImages, type ExportedSplits, itemRecord } from './exportedParts.js';

/** The columns of the file of interactions. */
interface PairColumns {
  readonly user: string[];
  readonly item: string[];
  readonly label: number[];
}

/**
 * `interactions` (user, item, x_label as int8) and `items`, which `prepareDataset` reads back, as Arrow or Parquet; the images; and
 * `<modality>-features.arrow`, one row for each row of `items`.
 */
export async function writeTables(
  folder: string,
  training: TrainingData,
  splits: ExportedSplits,
  format: 'arrow' | 'parquet',
): Promise<void> {
  const { content, features } = training;
  const images = content && (await copyImages(folder, content));
  const pairs = pairColumns(training, splits);
  if (format === 'arrow') writeArrowTables(folder, training, pairs, images);
  else await writeParquetTables(folder, training, pairs, images);
  for (const { modality, matrix } of features) {
    writeArrowFile(join(folder, `${modality}-features.arrow`), new Table({ features: toArrow(matrix) }));
  }
}

function pairColumns({ userIds, itemIds }: TrainingData, splits: ExportedSplits): PairColumns {
  const columns: PairColumns = { user: [], item: [], label: [] };
  splits.forEach((split, label) => {
    const pairs = pairsOf(split);
    pairs.userIds.forEach((user, n) => {
      columns.user.push(userIds[user]);
      columns.item.push(itemIds[pairs.itemIds[n]]);
      columns.label.push(label);
    });
  });
  return columns;
}

function writeArrowTables(
  folder: string,
  { itemIds, content }: TrainingData,
  { user, item, label }: PairColumns,
  images: readonly (string | null)[] | null,
): void {
  writeArrowFile(
    join(folder, 'interactions.arrow'),
    new Table({ user: textColumn(user), item: textColumn(item), x_label: makeVector(Int8Array.from(label)) }),
  );
  const described = content && {
    title: textColumn(content.map((one) => one.title)),
    brand: textColumn(content.map((one) => one.brand)),
    categories: textListColumn(content.map((one) => one.categories)),
    description: textColumn(content.map((one) => one.description)),
    image: textColumn(images ?? []),
  };
  writeArrowFile(join(folder, 'items.arrow'), new Table({ id: textColumn(itemIds), ...described }));
}

/** Written by DuckDB from line-delimited JSON beside them. */
async function writeParquetTables(
  folder: string,
  { itemIds, content }: TrainingData,
  { user, item, label }: PairColumns,
  images: readonly (string | null)[] | null,
): Promise<void> {
  const { connection, close } = await openDuckDb();
  const write = async (name: string, schema: string, rows: readonly object[]) => {
    const source = join(folder, `${name}.source.jsonl`);
    writeFileAtomic(source, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const select = `SELECT * FROM read_json(${sqlText(source)}, format = 'newline_delimited', columns = ${schema})`;
    await connection.run(`COPY (${select}) TO ${sqlText(join(folder, `${name}.parquet`))} (FORMAT parquet)`);
    rmSync(source);
  };
  try {
    const pairs = user.map((id, n) => ({ user: id, item: item[n], x_label: label[n] }));
    await write('interactions', "{user: 'VARCHAR', item: 'VARCHAR', x_label: 'TINYINT'}", pairs);
    const texts = ['title', 'brand', 'categories', 'description', 'image'].map(
      (name) => `, ${name}: '${name === 'categories' ? 'VARCHAR[]' : 'VARCHAR'}'`,
    );
    const items = itemIds.map((id, n) => itemRecord(id, content?.[n], images?.[n] ?? null));
    await write('items', `{id: 'VARCHAR'${content ? texts.join('') : ''}}`, items);
  } finally {
    close();
  }
}
