import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { AmrError, csvField, fileError, makeFolders, temporaryName } from '@agentmmrec/core';
import { openDuckDb, sqlText } from '../files/duckDb.js';

/** Lists of some users, as a ranking gives them. */
export interface RecommendedLists {
  /** [users] dense ids */
  readonly userIds: Int32Array;
  /** [users, k] dense ids, best first; -1 where fewer items remain */
  readonly items: Int32Array;
  /** [users, k] */
  readonly scores: Float32Array;
}

const endings = ['.csv', '.parquet'];

/**
 * Writes recommendations as a table with the columns user, item (the data set's own ids), rank (from 1) and score (float32): CSV
 * (RFC 4180) or Parquet by the file's ending, whole or not at all. Lists are taken one by one, so memory is that of one.
 * @param choices.formulaGuard in CSV: an apostrophe before ids that a spreadsheet would take for formulas
 * @returns rows written
 * @throws AmrError input: another ending, or what the system said about the path
 */
export async function exportRecommendations(
  path: string,
  ids: { readonly userIds: readonly string[]; readonly itemIds: readonly string[] },
  lists: Iterable<RecommendedLists> | AsyncIterable<RecommendedLists>,
  choices: { readonly formulaGuard?: boolean } = {},
): Promise<number> {
  checkRecommendationPath(path);
  const table = temporaryName(path);
  const packed = temporaryName(path);
  try {
    makeFolders(dirname(path));
    const guard = choices.formulaGuard === true && extname(path) === '.csv';
    const rows = await writeCsv(table, ids, lists, guard);
    if (extname(path) === '.parquet') await toParquet(table, packed);
    renameSync(extname(path) === '.parquet' ? packed : table, path);
    return rows;
  } catch (cause) {
    throw fileError(`writing ${path}`, cause);
  } finally {
    rmSync(table, { force: true });
    rmSync(packed, { force: true });
  }
}

/** @throws AmrError input: an ending that is neither CSV nor Parquet */
export function checkRecommendationPath(path: string): void {
  if (endings.includes(extname(path))) return;
  throw new AmrError({
    what: `recommendations to ${path}`,
    got: extname(path) === '' ? 'a name without an ending' : `the ending ${extname(path)}`,
    expected: `a name that ends in ${endings.join(' or ')}`,
    hint: 'for example recommendations.parquet',
  });
}

async function writeCsv(
  path: string,
  { userIds, itemIds }: { readonly userIds: readonly string[]; readonly itemIds: readonly string[] },
  lists: Iterable<RecommendedLists> | AsyncIterable<RecommendedLists>,
  guard: boolean,
): Promise<number> {
  const file = openSync(path, 'wx');
  let rows = 0;
  try {
    writeFileSync(file, 'user,item,rank,score\n');
    for await (const { userIds: users, items, scores } of lists) {
      const k = users.length === 0 ? 0 : items.length / users.length;
      const lines: string[] = [];
      users.forEach((user, row) => {
        const id = csvField(userIds[user], guard);
        for (let n = 0; n < k && items[row * k + n] >= 0; n++) {
          const at = row * k + n;
          lines.push(`${id},${csvField(itemIds[items[at]], guard)},${n + 1},${scores[at]}\n`);
        }
      });
      writeFileSync(file, lines.join(''));
      rows += lines.length;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return rows;
}

async function toParquet(table: string, target: string): Promise<void> {
  const { connection, close } = await openDuckDb();
  try {
    const columns = "{user: 'VARCHAR', item: 'VARCHAR', rank: 'INTEGER', score: 'FLOAT'}";
    const shape = `header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = ${columns}`;
    const select = `SELECT * FROM read_csv(${sqlText(table)}, ${shape})`;
    await connection.run(`COPY (${select}) TO ${sqlText(target)} (FORMAT parquet)`);
  } finally {
    close();
  }
}
