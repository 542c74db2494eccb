import { AmrError } from '@agentmmrec/core';
import { DataType, Field, List, type Table, Utf8, type Vector, vectorFromArray } from 'apache-arrow';
import type { Pairs } from '../dataset/interactions.js';

/** Texts as an Arrow column, null where absent. */
export function textColumn(values: readonly (string | null)[]): Vector<Utf8> {
  return vectorFromArray([...values], new Utf8());
}

/** Lists of texts as an Arrow column. */
export function textListColumn(values: readonly (readonly string[])[]): Vector<List<Utf8>> {
  return vectorFromArray(
    values.map((value) => [...value]),
    new List(new Field('value', new Utf8(), false)),
  );
}

/** The column of a table. @throws AmrError input: not there */
export function column(table: Table, name: string, path: string): Vector {
  const found = table.getChild(name);
  if (found) return found;
  throw new AmrError({
    what: path,
    got: `the columns ${table.schema.names.join(', ')}`,
    expected: `a column "${name}"`,
    hint: 'prepare the data set again',
  });
}

export function readTexts(table: Table, name: string, path: string): (string | null)[] {
  return Array.from(column(table, name, path), (value) => (value === null ? null : String(value)));
}

export function readTextLists(table: Table, name: string, path: string): string[][] {
  return Array.from(column(table, name, path), (value: unknown) => {
    if (value === null || typeof value !== 'object' || !(Symbol.iterator in value)) return [];
    return Array.from(value as Iterable<unknown>, String);
  });
}

/** Columns `user` and `item` of dense ids. */
export function readPairs(table: Table, path: string): Pairs {
  const ids = (name: string) => {
    const found = column(table, name, path);
    if (!DataType.isInt(found.type) || found.type.bitWidth !== 32) {
      throw new AmrError({
        what: `${path}, column "${name}"`,
        got: String(found.type),
        expected: 'Int32',
        hint: 'prepare the data set again',
      });
    }
    return Int32Array.from(found.toArray() as Int32Array);
  };
  return { userIds: ids('user'), itemIds: ids('item') };
}
