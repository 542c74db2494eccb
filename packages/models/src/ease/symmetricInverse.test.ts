import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { negatedInverse } from './symmetricInverse.js';

const stream = new RandomStreams(6).stream('inverse');

/** A positive definite matrix: products of random rows plus the identity. */
function positive(n: number): Float32Array {
  const rows = Array.from({ length: n }, () => Array.from({ length: 8 }, () => stream.normal()));
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return rows[i].reduce((sum, v, c) => sum + v * rows[j][c], i === j ? 1 : 0);
  });
}

test.each([1, 5, 191, 192, 193, 400])('%i rows: times the matrix it is minus the identity', (n) => {
  const device = openDevice('cpu', { threads: 2 });
  const matrix = positive(n);
  const a = device.floats(n * n);
  device.write(a, matrix);
  const used = device.memory().usedBytes;
  const shares = [...negatedInverse(device, a, n)];
  expect(shares.at(-1)).toBe(1);
  expect(device.memory().usedBytes).toBe(used);
  const product = device.floats(n * n);
  device.kernels.gemm({ out: product, a, b: device.upload(matrix), m: n, n, k: n });
  const values = device.read(product);
  const worst = values.reduce((most, v, at) => Math.max(most, Math.abs(v + (at % (n + 1) === 0 ? 1 : 0))), 0);
  expect(worst).toBeLessThan(2e-3);
});

test('a matrix that is not positive definite is refused', () => {
  const device = openDevice('cpu', { threads: 1 });
  const a = device.floats(4);
  device.write(a, Float32Array.of(1, 2, 2, 1));
  expect(() => [...negatedInverse(device, a, 2)]).toThrow('positive definite');
});
