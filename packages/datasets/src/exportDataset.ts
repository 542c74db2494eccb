import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, fileError, temporaryName, toArrow, writeArrowFile, writeFileAtomic } from '@agentmmrec/core';
import { Table } from 'apache-arrow';
import { textColumn, textListColumn } from './arrowColumns.js';
import { openDuckDb, sqlText } from './columnar.js';
import type { Dataset, Interactions } from './contract.js';
import { pairsOf } from './interactions.js';
import { encodeNpy } from './writeNpy.js';

export const exportFormats = ['mmrec', 'recbole', 'arrow', 'parquet'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/**
 * Writes a data set for other programs, whole or not at all. The test split is opened, which the opening log records.
 * `mmrec`: `<name>.inter` with x_label, `u_id_mapping.csv`, `i_id_mapping.csv`, `<modality>_feat.npy`. `recbole`:
 * `<name>.{train,valid,test}.inter` with typed headers and `<name>.item`. `arrow`, `parquet`: `interactions` (user, item,
 * x_label) and `items`, which `prepareDataset` reads back; features as Arrow.
 * @throws AmrError input: the folder exists, or an id that the format cannot hold; failed: it cannot be written
 */
export async function exportDataset(dataset: Dataset, format: ExportFormat, folder: string): Promise<void> {
  if (existsSync(folder)) {
    throw new AmrError({
      what: folder,
      got: 'a folder that exists',
      expected: 'a new one',
      hint: 'name another folder',
    });
  }
  const parts: Splits = [
    dataset.training.train,
    dataset.validation,
    dataset.test.open(`export as ${format}: the file holds all splits`),
  ];
  const temporary = temporaryName(folder);
  try {
    mkdirSync(temporary, { recursive: true });
    if (format === 'mmrec') writeMmrec(temporary, dataset, parts);
    else if (format === 'recbole') writeRecbole(temporary, dataset, parts);
    else await writeTables(temporary, dataset, parts, format);
    renameSync(temporary, folder);
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`exporting to ${folder}`, cause);
  }
}

type Splits = readonly [Interactions, Interactions, Interactions];

function writeMmrec(folder: string, { training }: Dataset, parts: Splits): void {
  const { name, userIds, itemIds, features } = training;
  const rows: string[] = ['userID\titemID\tx_label\n'];
  parts.forEach((part, label) => {
    const pairs = pairsOf(part);
    pairs.userIds.forEach((user, n) => {
      rows.push(`${user}\t${pairs.itemIds[n]}\t${label}\n`);
    });
  });
  writeFileAtomic(join(folder, `${name}.inter`), rows.join(''));
  const mapping = (ids: readonly string[], own: string, number: string) =>
    `${own}\t${number}\n${ids.map((id, n) => `${plainId(id)}\t${n}\n`).join('')}`;
  writeFileAtomic(join(folder, 'u_id_mapping.csv'), mapping(userIds, 'user_id', 'userID'));
  writeFileAtomic(join(folder, 'i_id_mapping.csv'), mapping(itemIds, 'item_id', 'itemID'));
  for (const { modality, matrix } of features) {
    writeFileAtomic(join(folder, `${modality}_feat.npy`), encodeNpy(matrix));
  }
}

function writeRecbole(folder: string, { training }: Dataset, parts: Splits): void {
  const { name, userIds, itemIds, content } = training;
  for (const [n, split] of ['train', 'valid', 'test'].entries()) {
    const pairs = pairsOf(parts[n]);
    const rows = Array.from(pairs.userIds, (user, row) => {
      return `${plainId(userIds[user])}\t${plainId(itemIds[pairs.itemIds[row]])}\n`;
    });
    writeFileAtomic(join(folder, `${name}.${split}.inter`), `user_id:token\titem_id:token\n${rows.join('')}`);
  }
  if (content === null) return;
  const rows = content.map(({ title, brand, categories, description }, item) => {
    const cells = [title, brand, categories.join(' '), description].map((text) => text.replace(/[\t\r\n]+/g, ' '));
    return `${[plainId(itemIds[item]), ...cells].join('\t')}\n`;
  });
  const header = 'item_id:token\ttitle:token_seq\tbrand:token_seq\tcategories:token_seq\tdescription:token_seq\n';
  writeFileAtomic(join(folder, `${name}.item`), `${header}${rows.join('')}`);
}

async function writeTables(
  folder: string,
  { training }: Dataset,
  parts: Splits,
  format: 'arrow' | 'parquet',
): Promise<void> {
  const { userIds, itemIds, content, features } = training;
  const columns: { user: string[]; item: string[]; x_label: string[] } = { user: [], item: [], x_label: [] };
  parts.forEach((part, label) => {
    const pairs = pairsOf(part);
    pairs.userIds.forEach((user, n) => {
      columns.user.push(userIds[user]);
      columns.item.push(itemIds[pairs.itemIds[n]]);
      columns.x_label.push(String(label));
    });
  });
  writeArrowFile(
    join(folder, 'interactions.arrow'),
    new Table({
      user: textColumn(columns.user),
      item: textColumn(columns.item),
      x_label: textColumn(columns.x_label),
    }),
  );
  const id = textColumn(itemIds);
  const items = content && {
    title: textColumn(content.map((item) => item.title)),
    brand: textColumn(content.map((item) => item.brand)),
    categories: textListColumn(content.map((item) => item.categories)),
    description: textColumn(content.map((item) => item.description)),
  };
  writeArrowFile(join(folder, 'items.arrow'), new Table({ id, ...items }));
  for (const { modality, matrix } of features) {
    writeArrowFile(join(folder, `${modality}-features.arrow`), new Table({ features: toArrow(matrix) }));
  }
  if (format === 'parquet') await toParquet(folder, columns, training);
}

/** The same tables as Parquet, written by DuckDB from line-delimited JSON beside them. */
async function toParquet(
  folder: string,
  { user, item, x_label: label }: { user: string[]; item: string[]; x_label: string[] },
  { itemIds, content }: Dataset['training'],
): Promise<void> {
  const { connection, close } = await openDuckDb();
  const write = async (name: string, schema: string, rows: readonly object[]) => {
    const source = join(folder, `${name}.source.jsonl`);
    writeFileAtomic(source, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const select = `SELECT * FROM read_json(${sqlText(source)}, format = 'newline_delimited', columns = ${schema})`;
    await connection.run(`COPY (${select}) TO ${sqlText(join(folder, `${name}.parquet`))} (FORMAT parquet)`);
    rmSync(source);
    rmSync(join(folder, `${name}.arrow`));
  };
  try {
    const pairs = user.map((id, n) => ({ user: id, item: item[n], x_label: Number(label[n]) }));
    await write('interactions', "{user: 'VARCHAR', item: 'VARCHAR', x_label: 'TINYINT'}", pairs);
    const texts = content ? "title: 'VARCHAR', brand: 'VARCHAR', categories: 'VARCHAR[]', description: 'VARCHAR'" : '';
    const items = itemIds.map((id, n) => {
      if (!content) return { id };
      const { title, brand, categories, description } = content[n];
      return { id, title, brand, categories, description };
    });
    await write('items', `{id: 'VARCHAR'${texts && `, ${texts}`}}`, items);
  } finally {
    close();
  }
}

/** Ids stand unquoted between tabs. Readers refuse control characters, so this is the last guard. */
function plainId(id: string): string {
  if (!/[\t\r\n]/.test(id)) return id;
  throw new AmrError({
    what: 'id',
    got: JSON.stringify(id),
    expected: 'no tab or line end',
    hint: 'export as arrow or parquet',
  });
}
