import { AmrError } from '@agentmmrec/core';
import { CudaDevice, chooseDevice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { training } from './support/trainingSteps.js';

// What a driver and a card can do to us, produced by the emulated runtime.

const { failNext, counters } = loadEmulatedAddon();
const forget = () => failNext('', 0, 0);
beforeEach(forget);
afterEach(forget);

function failure(run: () => unknown): AmrError {
  try {
    run();
  } catch (error) {
    if (error instanceof AmrError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

function emulated(memoryLimitBytes?: number): CudaDevice {
  const device = openDevice('cuda-emulated', { memoryLimitBytes });
  if (!(device instanceof CudaDevice)) throw new Error('not a card');
  return device;
}

describe('opening', () => {
  test.each([
    ['no driver', 'driverVersion', -1, 'no NVIDIA driver', 'install the NVIDIA driver'],
    ['no driver that loads', 'cudaDriverGetVersion', 35, 'no NVIDIA driver', 'install the NVIDIA driver'],
    ['an old driver', 'driverVersion', 12040, 'an NVIDIA driver for CUDA 12.4', 'update the NVIDIA driver'],
    ['a driver that is too old', 'cudaGetDeviceCount', 35, 'cudaErrorInsufficientDriver', 'update the NVIDIA driver'],
    ['no card', 'cudaGetDeviceCount', 100, 'cudaErrorNoDevice', 'nvidia-smi'],
    ['a card below sm_80', 'computeCapability', 75, 'of compute capability 7.5', 'CUDA_VISIBLE_DEVICES'],
    [
      'a card another program holds',
      'cudaSetDevice',
      46,
      'from cudaSetDevice(card_) at context.cu:',
      'end the program',
    ],
    ['no memory for a stream', 'cudaStreamCreateWithFlags', 2, 'cudaErrorMemoryAllocation', 'end other programs'],
    ['no pinned memory', 'cudaHostAlloc', 2, 'cudaErrorMemoryAllocation', 'end other programs'],
    [
      'a card that the build has no code for',
      'launch',
      209,
      'from compiledFor at context.cu:',
      'AMR_CUDA_ARCHITECTURES',
    ],
    ['a card that breaks at the first kernel', 'cudaStreamSynchronize', 999, 'cudaStreamSynchronize', 'restart the'],
    ['a lost card', 'cudaGetDeviceProperties', 999, 'from cudaGetDeviceProperties', 'restart the program'],
  ])('%s is the caller’s to see, in one sentence with what to do', (_, call, code, got, hint) => {
    const held = () => {
      const { pinned, streams, events, allocations, frees } = counters();
      return { pinned, streams, events, memory: allocations - frees };
    };
    const before = held();
    failNext(call, 1, code);
    const error = failure(() => openDevice('cuda-emulated'));
    expect(held()).toEqual(before);
    expect(error.kind).toBe('input');
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/^device cuda: got .+, expected .+\. HINT: .+/);
    expect(error.got).toContain(got);
    expect(error.hint).toContain(hint);
    expect(error.message).not.toContain('\n');
    expect(openDevice('cuda-emulated').name).toBe('cuda-emulated');
  });

  test('says which card and driver it found', () => {
    const found = 'CUDA on host, sm_80, code of the host, 4.0 GiB, driver for CUDA 13.0, products by own tiles';
    expect(emulated().description).toBe(found);
  });

  test('auto gives the reason for what it takes', () => {
    const { device, reason } = chooseDevice();
    expect(reason.startsWith(`${device.name}, because `)).toBe(true);
  });
});

describe('running', () => {
  test('memory that ends: the pool is given back first, then a sentence; and the device goes on', () => {
    const device = emulated();
    device.release(device.floats(1000));
    expect(device.memory().pooledBytes).toBe(4096);
    failNext('cudaMalloc', 1, 2);
    const before = counters().frees;
    device.floats(100_000);
    expect(counters().frees).toBe(before + 1);
    expect(device.memory().pooledBytes).toBe(0);
    failNext('cudaMalloc', 1, 2);
    failNext('cudaMalloc', 1, 2);
    const used = device.memory();
    const error = failure(() => device.floats(500_000));
    expect(error).toMatchObject({
      kind: 'failed',
      what: 'device memory',
      hint: expect.stringContaining('smaller batch'),
    });
    expect(error.got).toMatch(/^no room for 2000000 bytes beside \d+ in use on CUDA on host/);
    expect(device.memory()).toEqual(used);
    expect(device.read(device.upload(Float32Array.of(1, 2)))).toEqual(Float32Array.of(1, 2));
  });

  test('a limit on memory holds, after what is unused was given back', () => {
    const device = emulated(8192);
    const first = device.floats(1024);
    device.release(first);
    device.floats(2048);
    expect(device.memory()).toEqual({ usedBytes: 8192, pooledBytes: 0, peakBytes: 8192 });
    expect(failure(() => device.floats(1)).message).toBe(
      'device memory: got no room for 4 bytes beside 8192 in use, expected at most 8192 bytes, the limit set. HINT: raise the limit, or use a smaller batch or width',
    );
    expect(failure(() => openDevice('cuda-emulated', { memoryLimitBytes: -1 })).message).toMatch(
      'memory limit: got -1',
    );
  });

  test('scratch memory of a kernel that cannot start goes back to the pool', () => {
    const device = emulated();
    const [x, out] = [device.upload(new Float32Array(9000)), device.floats(1)];
    const { usedBytes } = device.memory();
    failNext('launch', 1, 9);
    expect(failure(() => device.kernels.sum({ out, x })).got).toMatch(
      /^cudaErrorInvalidConfiguration .+ at reductions\.cu:\d+$/,
    );
    expect(device.memory().usedBytes).toBe(usedBytes);
    device.kernels.sum({ out, x });
    expect(device.read(out)).toEqual(Float32Array.of(0));
  });

  test.each([
    ['a kernel that leaves its arrays', 700, 'cudaErrorIllegalAddress'],
    ['a kernel that does not end', 719, 'cudaErrorLaunchFailure'],
  ])('%s: named with its line, and so is every call after it', (_, code, name) => {
    const device = emulated();
    const x = device.upload(Float32Array.of(1, 2, 3));
    failNext('launch', 1, code);
    const error = failure(() => device.kernels.axpby({ out: x, x, alpha: 2, beta: 0 }));
    expect(error.kind).toBe('failed');
    expect(error.got).toMatch(new RegExp(`^${name} .+ at elements\\.cuh:\\d+$`));
    expect(error.hint).toContain('cannot be used any more');
    expect(failure(() => device.read(x)).got).toContain(name);
    expect(failure(() => device.kernels.axpby({ out: x, x, alpha: 2, beta: 0 })).got).toContain(name);
  });

  test('a copy that fails says so', () => {
    const device = emulated();
    const x = device.floats(4);
    failNext('cudaMemcpyAsync', 1, 999);
    expect(failure(() => device.write(x, new Float32Array(4))).hint).toContain('the card may be lost');
    failNext('cudaStreamSynchronize', 1, 999);
    expect(failure(() => device.read(x)).got).toContain('from cudaStreamSynchronize(stream_) at context.cu:');
  });
});

describe.each(['lightgcn', 'bpr', 'agentmmrec'] as const)('a step of %s that fails in the middle', (name) => {
  test('gives back what it took, wherever it fails, and the next one goes on', () => {
    const device = emulated();
    const { batch, step } = training(name, device);
    const one = batch();
    step(one);
    const start = counters().launches;
    step(one);
    const launches = counters().launches - start;
    const { usedBytes } = device.memory();
    const every = Math.ceil(launches / 40);
    for (let nth = 1; nth <= launches; nth += every) {
      failNext('launch', nth, 9);
      expect([nth, failure(() => step(one)).kind]).toEqual([nth, 'failed']);
      expect([nth, device.memory().usedBytes]).toEqual([nth, usedBytes]);
    }
    expect(Number.isFinite(step(one))).toBe(true);
  });

  test('for want of memory, gives back what it took', () => {
    const roomy = emulated();
    const { step, batch } = training(name, roomy);
    const one = batch();
    step(one);
    const { usedBytes, peakBytes } = roomy.memory();
    const device = emulated(usedBytes + Math.floor((peakBytes - usedBytes) / 3));
    const tight = training(name, device);
    const other = tight.batch();
    const before = device.memory().usedBytes;
    const error = failure(() => tight.step(other));
    expect(error.message).toMatch(
      /^device memory: got no room for \d+ bytes .+ HINT: raise the limit, or use a smaller batch/,
    );
    const after = device.memory().usedBytes;
    failure(() => tight.step(other));
    expect(device.memory().usedBytes).toBe(after);
    expect(after - before).toBeLessThan(usedBytes); // gradients of parameters stay
  });
});
