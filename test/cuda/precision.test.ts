import { RandomStreams } from '@agentmmrec/core';
import { type Device, openDevice, PRECISIONS, type Precision, precisionTolerance, specs } from '@agentmmrec/kernels';
import { buildModel, findModel } from '@agentmmrec/models';
import { afterAll, describe, expect, test } from '@jest/globals';
import { seededInteractions } from '../../benchmarks/src/sizes.js';
import { checkerboardData } from '../../packages/models/src/testing/checkerboard.js';
import { fit as learn } from '../../packages/models/src/testing/fit.js';
import { cublasStub } from './support/cublasStub.js';
import { failures } from './support/kernelCases.js';

// Products in less than float32, by a cuBLAS that rounds factors as its compute types say.

const stub = cublasStub('precisions');
afterAll(() => stub.remove());
const device = openDevice('cuda-emulated', { blasLibrary: stub.library });
const [gemm] = specs.filter(({ name }) => name === 'gemm');
const [bfloatGemm] = specs.filter(({ name }) => name === 'bfloatGemm');

/** How many times the tolerance of `within` the product in `precision` is from the exact one at most, k deep. */
function excess(on: Device, precision: Precision, within: Precision, k: number): number {
  const [m, n] = [24, 40];
  const values = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed));
  const [a, b] = [values(m * k, 1), values(k * n, 2)];
  const out = on.floats(m * n);
  on.kernelsIn(precision).gemm({ out, a: on.upload(a), b: on.upload(b), m, n, k });
  const { absolute, relative } = precisionTolerance(within, k);
  return Math.max(
    ...on.read(out).map((found, at) => {
      let exact = 0;
      for (let p = 0; p < k; p++) exact += a[Math.floor(at / n) * k + p] * b[p * n + (at % n)];
      return Math.abs(found - exact) / (absolute + relative * Math.abs(exact));
    }),
  );
}

describe.each([16, 256, 4096])('a product %i deep', (k) => {
  test.each(PRECISIONS)('in %s is as near as it says, and no nearer than the next finer one says', (precision) => {
    expect(excess(device, precision, precision, k)).toBeLessThan(1);
    const finer = PRECISIONS[PRECISIONS.indexOf(precision) - 1];
    if (finer) expect(excess(device, precision, finer, k)).toBeGreaterThan(1);
  });
});

test.each([
  ['tf32', 77],
  ['bf16', 75],
] as const)(
  '%s is asked of cuBLAS by its compute type, and only of the products that ask for it',
  (precision, compute) => {
    const before = stub.calls('gemmEx').length;
    excess(device, precision, precision, 16);
    expect(stub.calls('gemmEx').slice(before)).toEqual([
      expect.stringMatching(new RegExp(`types 0 0 0 compute ${compute}$`)),
    ]);
    excess(device, 'fp32', 'fp32', 16);
    expect(stub.calls('gemmEx').length).toBe(before + 1);
    expect(stub.calls('sgemm').length).toBeGreaterThan(0);
  },
);

test('cuBLAS works in memory of its own, which it is given once', () => {
  expect(stub.calls('workspace')).toEqual([`workspace ${32 * 2 ** 20}`]);
});

test('a packed matrix is multiplied as it lies: rows one after the other, in bfloat16', () => {
  const before = stub.calls('gemmEx').length;
  expect(failures(bfloatGemm, device)).toEqual([]);
  const asked = stub.calls('gemmEx').slice(before);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.every((call) => call.endsWith('types 14 14 0 compute 68'))).toBe(true);
});

test('float32 stays exact beside them', () => {
  device.kernelsIn('tf32');
  expect(failures(gemm, device)).toEqual([]);
});

describe('without cuBLAS, and on the CPU', () => {
  test.each(['tf32', 'bf16'] as const)('a card without cuBLAS refuses %s', (precision) => {
    expect(() => openDevice('cuda-emulated').kernelsIn(precision)).toThrow(
      `--precision: got ${precision} on cuda-emulated without cuBLAS, expected a precision it has. HINT: install the cuBLAS`,
    );
  });

  test('the CPU refuses tf32, and has bf16 for packed matrices and propagation', () => {
    const cpu = openDevice('cpu');
    expect(() => cpu.kernelsIn('tf32')).toThrow(/^--precision: got tf32 on cpu, expected a precision it has/);
    const { spmm, lightgcnReadout, ...others } = cpu.kernelsIn('bf16');
    expect(others.gemm).toBe(cpu.kernels.gemm);
    expect([spmm, lightgcnReadout]).not.toEqual([cpu.kernels.spmm, cpu.kernels.lightgcnReadout]);
  });
});

describe('AgentMMRec', () => {
  const train = seededInteractions({ users: 40, items: 24, interactions: 300 });
  const learned = (on: Device, precision: Precision) => {
    const data = checkerboardData(on, train, { modalities: ['image'], knowledge: false });
    const random = new RandomStreams(3);
    const model = buildModel(findModel('agentmmrec'), { data, device: on, random, precision }, { dimensions: 8, k: 3 });
    const losses = learn(model, { device: on, train, epochs: 4 });
    return losses;
  };

  test('learns in each precision, near the CPU in the same: losses differ by what was rounded', () => {
    const cpu = openDevice('cpu');
    const exact = learned(cpu, 'fp32');
    const before = stub.calls('gemmEx').length;
    for (const precision of ['tf32', 'bf16'] as const) {
      const losses = learned(device, precision);
      losses.forEach((loss, epoch) => {
        expect(Math.abs(loss - exact[epoch])).toBeLessThan(0.01 * exact[epoch]);
      });
      expect(losses).not.toEqual(exact);
    }
    const asked = stub.calls('gemmEx').slice(before);
    // of bf16: features as they are stored, and what follows them
    expect(new Set(asked.map((call) => call.replace(/.*types /, '')))).toEqual(
      new Set(['0 0 0 compute 77', '14 14 0 compute 68', '0 0 0 compute 75']),
    );
  });
});
