import { matrixRow } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import { encodeKnowledge } from './encodeKnowledge.js';
import { hashingTextEncoder } from './text/hashingTextEncoder.js';

const encoder = hashingTextEncoder({ width: 64 });
const entry = (text: string | null, visual: string | null = null, crossModal: string | null = null) => ({
  text,
  visual,
  crossModal,
});

describe('encodeKnowledge', () => {
  test('mean: the direction of the mean of the parts that are there', async () => {
    const rows = await encodeKnowledge(
      [entry('walnut lamp', 'red'), entry(null, 'red', ''), entry(null)],
      encoder,
      'mean',
    );
    const parts = await encoder.encode(['walnut lamp', 'red']);
    const sum = Array.from(matrixRow(parts, 0), (value, n) => value + matrixRow(parts, 1)[n]);
    const norm = Math.hypot(...sum);
    matrixRow(rows, 0).forEach((value, n) => {
      expect(value).toBeCloseTo(sum[n] / norm, 6);
    });
    matrixRow(rows, 1).forEach((value, n) => {
      expect(value).toBeCloseTo(matrixRow(parts, 1)[n], 6);
    });
    expect([...matrixRow(rows, 2)]).toEqual(Array(64).fill(0));
  });

  test('concat: the vector of the joined text', async () => {
    const rows = await encodeKnowledge([entry('walnut', null, 'red lamp')], encoder, 'concat');
    expect([...rows.data]).toEqual([...(await encoder.encode(['walnut red lamp'])).data]);
  });

  test('no entries give no rows', async () => {
    expect(await encodeKnowledge([], encoder, 'mean')).toMatchObject({ rows: 0, cols: 64 });
  });
});
