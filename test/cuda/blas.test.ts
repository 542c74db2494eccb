import { type Device, type KernelName, loadEmulatedAddon, openDevice, specs } from '@agentmmrec/kernels';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cublasStub } from './support/cublasStub.js';
import { failures } from './support/kernelCases.js';

const stubs: ReturnType<typeof cublasStub>[] = [];
afterAll(() => {
  for (const { remove } of stubs) remove();
});

/** A stub built with the given definitions, and how a card is opened with it. */
function stub(name: string, ...definitions: string[]) {
  const built = cublasStub(name, ...definitions);
  stubs.push(built);
  return { ...built, open: () => openDevice('cuda-emulated', { blasLibrary: built.library }) };
}

function multiply(
  device: Device,
  m: number,
  n: number,
  k: number,
  transposes: { transposeA?: boolean; transposeB?: boolean } = {},
) {
  const filled = (length: number, value: number) => device.upload(new Float32Array(length).fill(value));
  const [out, a, b] = [device.floats(m * n), filled(m * k, 2), filled(k * n, 3)];
  device.kernels.gemm({ out, a, b, m, n, k, ...transposes, alpha: 0.5, beta: 0 });
  return device.read(out);
}

const gemm = specs.filter(({ name }: { name: KernelName }) => name === 'gemm')[0];

describe('a machine with cuBLAS', () => {
  const { open, calls } = stub('whole');

  test('takes it for products, and says so', () => {
    expect(open().description).toMatch(/, products by cuBLAS 13\.0\.2$/);
    expect(calls('create')).toHaveLength(1);
  });

  test('every case of gemm is right by it', () => {
    const before = calls('sgemm').length;
    expect(failures(gemm, open())).toEqual([]);
    const asked = gemm.cases().filter(({ call }) => {
      const { m, n, k } = call as unknown as { m: number; n: number; k: number };
      return m > 0 && n > 0 && k > 0;
    });
    expect(calls('sgemm').length - before).toBe(3 * asked.length);
  });

  test.each([
    ['neither', {}, '0 0 5 2 3 strides 5 3 5'],
    ['a', { transposeA: true }, '0 1 5 2 3 strides 5 2 5'],
    ['b', { transposeB: true }, '1 0 5 2 3 strides 3 3 5'],
    ['both', { transposeA: true, transposeB: true }, '1 1 5 2 3 strides 3 2 5'],
  ])('transposed: %s: b comes first, strides are the lengths of our rows', (_, transposes, words) => {
    const result = multiply(open(), 2, 5, 3, transposes);
    expect(calls('sgemm').at(-1)).toBe(`sgemm ${words} alpha 0.5 beta 0 first 3 2`);
    expect(result).toEqual(new Float32Array(10).fill(9));
  });
});

test('a product that cuBLAS refuses is a sentence with its status', () => {
  const device = stub('refusing', 'SGEMM_STATUS=13').open();
  expect(() => multiply(device, 2, 2, 2)).toThrow(
    /^cuBLAS: got status 13 from cublasSgemm_v2, expected success\. HINT: install the cuBLAS of the driver/,
  );
});

test('where the first library does not start, the next one is tried', () => {
  const first = stub('first', 'CREATE_STATUS=1');
  const second = stub('second');
  const native = loadEmulatedAddon().openCuda(undefined, [first.library, '/nowhere.so', second.library]);
  expect(native.description).toMatch(/, products by cuBLAS 13\.0\.2$/);
  expect([first.calls('create').length, second.calls('create').length]).toEqual([1, 1]);
});

describe('without a cuBLAS that works, products are by our own kernel, and the device says why', () => {
  const isRight = (device: Device) => expect(multiply(device, 2, 5, 3)).toEqual(new Float32Array(10).fill(9));

  test.each([
    ['it does not start', ['CREATE_STATUS=1'], 'cuBLAS did not start (status 1)'],
    ['it lacks the product', ['WITHOUT_SGEMM'], 'the cuBLAS found lacks functions'],
  ])('%s', (name, definitions, reason) => {
    const { open, calls } = stub(name.replaceAll(' ', '-'), ...definitions);
    const device = open();
    expect(device.description.endsWith(`, products by own tiles because ${reason}`)).toBe(true);
    isRight(device);
    expect(calls('sgemm')).toEqual([]);
  });

  test('there is none', () => {
    const device = openDevice('cuda-emulated', { blasLibrary: '/nowhere/libcublas.so' });
    expect(device.description).toMatch(/, products by own tiles because there is no cuBLAS$/);
    isRight(device);
  });

  test('it is not wanted', () => {
    const device = openDevice('cuda-emulated', { blasLibrary: '' });
    expect(device.description).toMatch(/, products by own tiles$/);
    isRight(device);
  });
});
