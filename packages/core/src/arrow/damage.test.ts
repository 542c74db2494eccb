import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Dictionary, Field, Float32, Int32, List, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { AmrError } from '../errors.js';
import { RandomStreams } from '../random.js';
import { readArrowFile } from './arrowFile.js';

const folder = mkdtempSync(join(tmpdir(), 'arrow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const table = new Table({
  id: vectorFromArray(['one', 'two', 'drei', null], new Utf8()),
  list: vectorFromArray([['a', 'b'], [], ['c'], ['d']], new List(new Field('item', new Utf8()))),
  number: vectorFromArray([1, 2, 3, 4], new Float32()),
  word: vectorFromArray(['x', 'y', 'x', 'y'], new Dictionary(new Utf8(), new Int32())),
});

function read(bytes: Uint8Array): Table | AmrError {
  const path = join(folder, 'table.arrow');
  writeFileSync(path, bytes);
  try {
    return readArrowFile(path);
  } catch (error) {
    if (error instanceof AmrError) return error;
    throw error;
  }
}

describe.each(['file', 'stream'] as const)('an Arrow %s', (form) => {
  const whole = Buffer.from(tableToIPC(table, form));

  test('reads back', () => {
    const back = read(whole) as Table;
    expect(back.numRows).toBe(4);
    expect(back.toArray().map((row) => JSON.stringify(row))).toEqual(table.toArray().map((row) => JSON.stringify(row)));
  });

  test('with any bytes changed is read within its size or refused as input, every value reachable', () => {
    const random = new RandomStreams(20).stream(`damage ${form}`);
    const counts = { read: 0, refused: 0 };
    for (let round = 0; round < 1500; round++) {
      const bytes = Buffer.from(whole);
      for (let n = 1 + random.integer(4); n > 0; n--) {
        bytes[random.integer(bytes.length)] = [0, 255, 127, random.integer(256)][random.integer(4)];
      }
      const result = read(bytes);
      if (result instanceof AmrError) {
        expect(result.kind).toBe('input');
        counts.refused++;
        continue;
      }
      expect(result.numRows).toBeLessThanOrEqual(8 * bytes.length);
      for (const column of result.schema.names.map((name) => result.getChild(name))) {
        for (let row = 0; row < result.numRows; row++) column?.get(row);
      }
      counts.read++;
    }
    expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(20);
  });
});

test('lengths and places that point elsewhere are named', () => {
  const texts = new Table({ id: vectorFromArray(['one', 'two'], new Utf8()) });
  const bytes = Buffer.from(tableToIPC(texts, 'file'));
  const at = bytes.indexOf(Buffer.from(Int32Array.of(0, 3, 6).buffer));
  const astray = Buffer.from(bytes);
  astray.writeInt32LE(60_000, at + 8);
  expect((read(astray) as AmrError).got).toBe('a column "id" whose values lie elsewhere');
  const notText = Buffer.from(bytes);
  notText[bytes.indexOf('onetwo')] = 0xff;
  expect((read(notText) as AmrError).got).toBe('a column "id" that is not UTF-8');
});
