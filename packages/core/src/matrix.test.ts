import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { fromArrow, matrix, readArrowFile, toArrow, writeArrowFile } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'amr-core-'));
afterAll(() => rmSync(folder, { recursive: true }));

const counting = (rows: number, cols: number) =>
  matrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, (_, i) => i),
  );

describe('Arrow views of matrices', () => {
  test('to Arrow and back shares the memory', () => {
    const m = counting(5, 3);
    const back = fromArrow(toArrow(m));
    expect(back).toEqual(m);
    expect(back.data.buffer).toBe(m.data.buffer);
  });

  test('slices, chunks and files keep every value', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(19),
        fc.nat(19),
        (rows, cols, a, b) => {
          const m = counting(rows, cols);
          const [from, to] = [Math.min(a, b, rows), Math.min(Math.max(a, b), rows)];
          const vector = tableFromIPC(tableToIPC(new Table({ m: toArrow(m) }), 'file')).getChild('m');
          if (!vector) throw new Error('column lost');
          expect(fromArrow(vector).data).toEqual(m.data);
          expect(fromArrow(vector.slice(from, to)).data).toEqual(m.data.slice(from * cols, to * cols));
          expect(fromArrow(vector.slice(from, rows).concat(vector.slice(0, from))).data).toEqual(
            Float32Array.from([...m.data.slice(from * cols), ...m.data.slice(0, from * cols)]),
          );
        },
      ),
    );
  });

  test('a file cut short is refused with the way out', () => {
    const path = join(folder, 'm.arrow');
    writeArrowFile(path, new Table({ m: toArrow(counting(4, 4)) }));
    expect(readArrowFile(path).numRows).toBe(4);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 9));
    expect(() => readArrowFile(path)).toThrow('delete it and make it again');
    expect(() => readArrowFile(join(folder, 'none.arrow'))).toThrow('no such file');
  });

  test('a wrong number of values is refused', () => {
    expect(() => matrix(2, 3, new Float32Array(5))).toThrow('got 5 values, expected 6');
  });
});
