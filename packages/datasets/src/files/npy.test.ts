import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { errorOf, folderOf, removeFolders } from '../testing/folders.js';
import { npyBytes, npyHeader, npyOf } from '../testing/npyBytes.js';
import { fromHalf, readNpy } from './npy.js';

afterAll(removeFolders);

const values = [1, -2, 0.5, 0.25, -0.125, 1024];

function bytesOf(type: string, numbers: readonly number[]): Uint8Array {
  if (type === '<f4') return new Uint8Array(Float32Array.from(numbers).buffer);
  if (type === '<f8') return new Uint8Array(Float64Array.from(numbers).buffer);
  const halves: Record<number, number> = {
    1: 0x3c00,
    [-2]: 0xc000,
    0.5: 0x3800,
    0.25: 0x3400,
    [-0.125]: 0xb000,
    1024: 0x6400,
  };
  return new Uint8Array(Uint16Array.from(numbers, (value) => halves[value]).buffer);
}

async function read(bytes: Uint8Array) {
  return await readNpy(join(folderOf({ 'a.npy': bytes }), 'a.npy'));
}

describe('readNpy', () => {
  for (const type of ['<f2', '<f4', '<f8']) {
    for (const version of [1, 2, 3]) {
      test(`reads ${type}, version ${version}, in C order`, async () => {
        const found = await read(npyBytes(npyHeader(type, 2, 3), bytesOf(type, values), version));
        expect([found.rows, found.cols, ...found.data]).toEqual([2, 3, ...values]);
      });
    }
    test(`reads ${type} in Fortran order`, async () => {
      const columns = [values[0], values[3], values[1], values[4], values[2], values[5]];
      const found = await read(npyBytes(npyHeader(type, 2, 3, true), bytesOf(type, columns)));
      expect([...found.data]).toEqual(values);
    });
  }

  test('reads header fields in any order', async () => {
    const header = "{'shape': (1, 2), 'descr': '<f4', 'fortran_order': False}";
    expect([...(await read(npyBytes(header, bytesOf('<f4', [3, 4])))).data]).toEqual([3, 4]);
  });

  test('reads more values than one chunk holds', async () => {
    const many = Float32Array.from({ length: 300_000 }, (_, n) => n);
    const found = await read(npyBytes(npyHeader('<f4', 3000, 100), new Uint8Array(many.buffer)));
    expect(found.data[299_999]).toBe(299_999);
    const across = await read(npyBytes(npyHeader('<f4', 3000, 100, true), new Uint8Array(many.buffer)));
    expect(across.data[1]).toBe(3000);
  });

  test.each<[string, Uint8Array, string, RegExp]>([
    [
      'pickled objects',
      npyBytes(npyHeader('|O', 2, 3), Buffer.from([0x80, 4])),
      'pickled Python objects',
      /never loaded/,
    ],
    ['big endian', npyBytes(npyHeader('>f4', 2, 3), bytesOf('<f4', values)), 'values of type ">f4"', /astype/],
    ['integers', npyBytes(npyHeader('<i8', 2, 3), bytesOf('<f8', values)), 'values of type "<i8"', /astype/],
    [
      'one dimension',
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", bytesOf('<f4', values)),
      'shape (6,)',
      /numpy/,
    ],
    [
      'a structured array',
      npyBytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6, 1)}", bytesOf('<f4', values)),
      'a structured array',
      /numpy/,
    ],
    ['a file cut short', npyOf(2, 3, values).subarray(0, -1), '151 bytes', /cut short/],
    ['extra bytes', Buffer.concat([npyOf(2, 3, values), Buffer.alloc(4)]), '156 bytes', /cut short/],
    ['no header', Buffer.from('PK\x03\x04 something else'), 'no NumPy header', /numpy.save/],
    ['an empty file', Buffer.alloc(0), 'no NumPy header', /numpy.save/],
    ['version 9', npyBytes(npyHeader('<f4', 2, 3), bytesOf('<f4', values), 9), 'version 9', /numpy/],
    [
      'rows beyond any memory',
      npyBytes(npyHeader('<f4', 4_000_000_000, 4_000_000_000), bytesOf('<f4', values)),
      '152 bytes',
      /cut short/,
    ],
  ])('refuses %s', async (_, bytes, got, hint) => {
    const error = await errorOf(() => read(bytes));
    expect(error.kind).toBe('input');
    expect(error.got).toBe(got);
    expect(error.hint).toMatch(hint);
    expect(error.message).toContain('a.npy');
  });

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])('refuses %s and names its row and column', async (name, bad) => {
    const error = await errorOf(() => read(npyOf(3, 2, [1, 2, 3, 4, 5, bad])));
    expect(error.message).toMatch(new RegExp(`row 2 \\(counted from 0\\), column 1: got ${name}`));
  });

  test('refuses a double that overflows 32 bits', async () => {
    const error = await errorOf(() => read(npyBytes(npyHeader('<f8', 1, 1), bytesOf('<f8', [1e300]))));
    expect(error.got).toBe('1e+300');
  });

  test('says when there is no file', async () => {
    const error = await errorOf(() => readNpy(join(folderOf({}), 'none.npy')));
    expect(error.message).toMatch(/none\.npy: got no such file/);
  });
});

describe('fromHalf', () => {
  test.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x7bff, 65504],
    [0xfbff, -65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])('reads 0x%s', (bits, value) => {
    expect(fromHalf(bits)).toBe(value);
  });

  test('reads not-a-number', () => {
    expect(fromHalf(0x7e01)).toBeNaN();
  });
});
