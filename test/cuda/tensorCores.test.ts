import { type KernelName, loadEmulatedAddon, openDevice, specs } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';
import { checkParity } from '../../packages/kernels/src/testing/parity.js';
import { failures } from './support/kernelCases.js';

// Products of TF32 halves on the emulated tensor cores, which round every sum towards zero: within the tolerances of float32.

const { setReverseOrder, setBulkCopies } = loadEmulatedAddon();
const device = openDevice('cuda-emulated', { usesTensorCores: true });
const names: readonly KernelName[] = ['gemm', 'cosineTopK', 'rankTopK'];
afterEach(() => {
  setReverseOrder(false);
  setBulkCopies(false);
});

test('only where it is asked for, and the device says so', () => {
  expect(device.description).toMatch(/, own tiles on tensor cores \(3xTF32\)$/);
  expect(openDevice('cuda-emulated').description).not.toContain('tensor');
});

/** Without the searches of whole numbers, whose ids are compared below. */
const definitions = specs
  .filter(({ name }) => names.includes(name))
  .map((one) => ({
    ...one,
    cases: () => one.cases().filter(({ label }) => one.name === 'gemm' || !label.includes('whole numbers')),
  }));

describe.each(definitions.map((one) => [one.name, one] as const))('%s', (_, definition) => {
  test('equals the float64 reference; the second run, threads backwards, leaves the same bits', () => {
    expect(failures(definition, device, (turn) => setReverseOrder(turn === 1))).toEqual([]);
  });

  test('fed by bulk copies, which take rows that lie on 16 bytes: equals it too, copies early and late', () => {
    setBulkCopies(true);
    const cases = definition.cases().filter(({ call }) => {
      const { transposeA, transposeB, k, d } = call as unknown as Record<
        'transposeA' | 'transposeB' | 'k' | 'd',
        number
      >;
      return definition.name === 'gemm' ? transposeB && !transposeA && k % 4 === 0 : d % 4 === 0;
    });
    expect(cases.length).toBeGreaterThan(2);
    for (const early of [false, true]) {
      setReverseOrder(early);
      expect(cases.map((each) => checkParity(definition, each, device, 'aligned'))).toEqual(cases.map(() => undefined));
    }
  });
});

/** Values over twelve orders of magnitude, of both signs. */
const wide = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed) * 10 ** (((i * 7919 + seed) % 13) - 6));

test('a long product is as near to float64 as float32 arithmetic is', () => {
  const [m, n, k] = [20, 17, 4096];
  const [a, b] = [wide(m * k, 1), wide(k * n, 2)];
  const productOn = (on: typeof device) => {
    const out = on.floats(m * n);
    on.kernels.gemm({ out, a: on.upload(a), b: on.upload(b), m, n, k });
    return on.read(out);
  };
  const [tensor, plain] = [productOn(device), productOn(openDevice('cuda-emulated'))];
  const worst = (found: Float32Array) => {
    let largest = 0;
    for (let i = 0; i < m * n; i++) {
      let [sum, size] = [0, 0];
      for (let p = 0; p < k; p++) {
        const term = a[Math.floor(i / n) * k + p] * b[p * n + (i % n)];
        sum += term;
        size += Math.abs(term);
      }
      largest = Math.max(largest, Math.abs(found[i] - sum) / size);
    }
    return largest;
  };
  expect(worst(tensor)).toBeLessThan(2 ** -21);
  expect(worst(tensor)).toBeLessThan(8 * worst(plain));
});

test('what is not finite stays so', () => {
  const a = Float32Array.of(Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY, 3e38);
  const out = device.floats(4);
  device.kernels.gemm({ out, a: device.upload(a), b: device.upload(Float32Array.of(1)), m: 4, n: 1, k: 1 });
  expect([...device.read(out)]).toEqual([...a]);
});

test('neighbours of integer rows are those of the CPU, ties to the lower id', () => {
  const [n, d, k] = [150, 24, 7];
  const rows = Float32Array.from({ length: n * d }, (_, i) => ((i * 48271) % 5) - 2);
  const neighbours = (on: typeof device) => {
    const [indices, scores] = [on.ints(n * k), on.floats(n * k)];
    const items = on.upload(rows);
    const none = { maskOffsets: on.upload(new Int32Array(n + 1)), maskIndices: on.ints(0) };
    on.kernels.rankTopK({ indices, scores, users: items, items, ...none, d, k });
    return on.read(indices);
  };
  expect(neighbours(device)).toEqual(neighbours(openDevice('cpu')));
});
