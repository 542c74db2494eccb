import { AmrError } from '@agentmmrec/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadAddon } from './native.js';
import { chooseDevice, instructionSets, nativeKernels, openDevice } from './open.js';
import { specs } from './specs.js';

describe('openDevice', () => {
  afterEach(() => {
    delete process.env.AMR_ISA;
    delete process.env.AMR_THREADS;
    delete process.env.AMR_PIN;
  });

  test('describes what it opened', () => {
    const [best] = instructionSets();
    expect(openDevice('cpu', { threads: 2 }).description).toBe(`${best}, 2 threads`);
    expect(openDevice('auto', { threads: 1, isa: 'scalar' })).toMatchObject({
      name: 'cpu',
      description: 'scalar, 1 thread',
    });
  });

  test('takes the environment where no option is given', () => {
    process.env.AMR_ISA = 'emulated16';
    process.env.AMR_THREADS = '3';
    expect(openDevice('cpu').description).toBe('emulated16, 3 threads');
    expect(openDevice('cpu', { isa: 'scalar', threads: 1 }).description).toBe('scalar, 1 thread');
  });

  test('large memory touched by pinned helpers is zero, and kernels compute the same on it', () => {
    const sums = [false, true].map((pinned) => {
      const device = openDevice('cpu', { threads: 3, pinned });
      const x = device.floats(4_000_000) as Float32Array;
      expect(x.every((value) => value === 0)).toBe(true);
      x.forEach((_, i) => {
        x[i] = i % 7;
      });
      const out = device.floats(4_000_000) as Float32Array;
      device.kernels.axpby({ out, alpha: 2, x, beta: 0.5 });
      return out.reduce((sum, value) => sum + value, 0);
    });
    expect(sums[1]).toBe(sums[0]);
    expect(sums[0]).toBeGreaterThan(0);
  });

  test('refuses what it cannot give as the caller’s mistake', () => {
    const inputError = (run: () => unknown, sentence: string) => {
      expect(run).toThrow(sentence);
      expect(run).toThrow(expect.objectContaining({ kind: 'input' }));
      expect(run).toThrow(AmrError);
    };
    inputError(
      () => openDevice('cpu', { isa: 'mmx' }),
      'instruction set: got mmx, expected one this build and processor have:',
    );
    for (const threads of [0, -1, 1.5, 257, Number.NaN]) {
      inputError(() => openDevice('cpu', { threads }), `threads: got ${threads}, expected an integer from 1 to 256`);
    }
    process.env.AMR_THREADS = 'many';
    inputError(() => openDevice('cpu'), 'threads: got NaN');
    delete process.env.AMR_THREADS;
    process.env.AMR_PIN = 'yes';
    inputError(() => openDevice('cpu'), 'AMR_PIN: got yes, expected on or off');
  });

  test('cuda is the card or a sentence about what is missing, never the CPU; auto says what it took', () => {
    const usable = (() => {
      try {
        return openDevice('cuda').name === 'cuda';
      } catch (error) {
        const reason = loadAddon().openCuda
          ? /^device cuda: got .+, expected .+ HINT: /
          : /got this build has no CUDA back end/;
        expect(error).toMatchObject({ kind: 'input', message: expect.stringMatching(reason) });
        return false;
      }
    })();
    const { device, reason } = chooseDevice();
    expect(device.name).toBe(usable ? 'cuda' : 'cpu');
    expect(reason).toMatch(usable ? /^cuda, because/ : /^cpu, because .*(driver|card|capability|no CUDA back end)/);
    expect(chooseDevice({ threads: 1 }).device.description).toMatch(/, 1 thread$/);
  });

  test('a build without CUDA says how to get one; auto takes the CPU and says why', () => {
    const addon = loadAddon();
    const { openCuda } = addon;
    delete addon.openCuda;
    try {
      expect(() => openDevice('cuda')).toThrow(
        'device cuda: got this build has no CUDA back end, expected a build made where nvcc is found. HINT: use --device cpu, or install the CUDA toolkit and run npm run build:native',
      );
      if (process.platform === 'linux' && process.arch === 'x64')
        expect(() => openDevice('cuda')).toThrow(
          'in a checkout, npm install @agentmmrec/native-linux-x64-cuda where it is installed as a package',
        );
      expect(() => openDevice('cuda')).toThrow(expect.objectContaining({ kind: 'input' }));
      expect(chooseDevice()).toMatchObject({
        device: { name: 'cpu' },
        reason: 'cpu, because this build has no CUDA back end',
      });
    } finally {
      if (openCuda) addon.openCuda = openCuda;
    }
  });

  test('a kernel the addon lacks is an error that names it', () => {
    const kernels = nativeKernels({}, 'cpu');
    for (const { name } of specs) {
      expect(() => (kernels[name] as (call: object) => void)({})).toThrow(`${name}: got no such kernel on cpu`);
    }
  });
});

describe('a device’s memory', () => {
  const open = () => openDevice('cpu', { threads: 1 });

  test('comes zero-filled and on a 64-byte boundary, also when used before', () => {
    const device = open();
    const first = device.floats(1000) as Float32Array;
    first.fill(7);
    device.release(first);
    const second = device.floats(990) as Float32Array;
    expect(second.buffer).toBe(first.buffer);
    expect(second.every((value) => value === 0)).toBe(true);
    expect(second.length).toBe(990);
  });

  test('is counted: in use, kept, and the highest sum', () => {
    const device = open();
    const one = device.floats(1024);
    const two = device.ints(1024);
    expect(device.memory()).toEqual({ usedBytes: 8192, pooledBytes: 0, peakBytes: 8192 });
    device.release(one);
    expect(device.memory()).toEqual({ usedBytes: 4096, pooledBytes: 4096, peakBytes: 8192 });
    device.release(two);
    const again = [device.floats(1024), device.floats(1024)];
    expect(again.length).toBe(2);
    expect(device.memory()).toEqual({ usedBytes: 8192, pooledBytes: 0, peakBytes: 8192 });
  });

  test('loses at most a quarter to rounding', () => {
    for (let length = 64; length < 5000; length += 37) {
      const device = open();
      device.floats(length);
      const { usedBytes } = device.memory();
      expect(usedBytes).toBeGreaterThanOrEqual(4 * length);
      expect(usedBytes).toBeLessThanOrEqual(5 * length);
    }
  });

  test('large memory of a larger size is taken before more is asked for; small memory is not', () => {
    const device = open();
    const [large, small] = [device.floats(2 ** 20), device.floats(2 ** 10)] as Float32Array[];
    device.release(large);
    device.release(small);
    const taken = [600_000, 600_000].map((length) => device.floats(length, 'any')) as Float32Array[];
    expect(taken.map((memory) => memory.buffer === large.buffer)).toEqual([true, false]);
    expect((device.floats(400_000, 'any') as Float32Array).buffer).not.toBe(large.buffer);
    expect((device.floats(600) as Float32Array).buffer).not.toBe(small.buffer);
    device.release(taken[0]);
    const again = device.floats(700_000) as Float32Array;
    expect(again.buffer).toBe(large.buffer);
    expect(again.length).toBe(700_000);
    expect(again.every((value) => value === 0)).toBe(true);
    device.release(again);
    expect(device.memory().usedBytes + device.memory().pooledBytes).toBe(device.memory().peakBytes);
  });

  test('a step that releases what it takes does not grow', () => {
    const device = open();
    for (let step = 0; step < 100; step++) {
      const taken = [10, 1000, 70, 3000].map((length) => device.floats(length));
      for (const memory of taken) device.release(memory);
    }
    expect(device.memory().peakBytes).toBeLessThan(20_000);
  });

  test('refuses to take back a view, or the same array twice; other arrays are none of its business', () => {
    const device = open();
    const memory = device.floats(100) as Float32Array;
    expect(() => device.release(memory.subarray(0, 50))).toThrow(
      'release: got a view of 50 elements, expected the whole array of 100',
    );
    device.release(memory);
    expect(() => device.release(memory)).toThrow('released before');
    device.release(new Float32Array(5));
    expect(device.memory().usedBytes).toBe(0);
  });

  test('work that fails gives back what it took, guards inside it too; work that ends well keeps it', () => {
    const device = open();
    const before = device.floats(1024);
    const kept = device.reclaimOnFailure(() => device.reclaimOnFailure(() => device.floats(1024)));
    expect(device.memory().usedBytes).toBe(8192);
    const work = () =>
      device.reclaimOnFailure(() => {
        device.release(before);
        device.reclaimOnFailure(() => device.ints(1024));
        device.release(device.floats(1024));
        expect(() =>
          device.reclaimOnFailure(() => {
            device.floats(1024);
            throw new Error('inside');
          }),
        ).toThrow('inside');
        expect(device.memory().usedBytes).toBe(8192);
        throw new Error('outside');
      });
    expect(work).toThrow('outside');
    expect(device.memory()).toEqual({ usedBytes: 4096, pooledBytes: 8192, peakBytes: 12288 });
    device.release(kept);
    expect(() => device.release(before)).toThrow('released before');
  });

  test('a scope gives back what was taken inside it and is still held, and nothing else', () => {
    const device = open();
    const [outer, inner] = [device.scope(), device.scope()];
    const outside = device.floats(1024);
    const early = outer.run(() => {
      const first = device.floats(1024);
      inner.run(() => device.ints(1024));
      device.release(outside);
      return first;
    });
    outer.run(() => device.floats(1024));
    expect(() =>
      outer.run(() => {
        device.floats(1024);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(device.memory().usedBytes).toBe(3 * 4096);
    device.release(early);
    const later = device.floats(1024); // the same memory, now somebody else's
    outer.release();
    expect(device.memory().usedBytes).toBe(2 * 4096);
    inner.release();
    outer.release();
    expect(device.memory().usedBytes).toBe(4096);
    device.release(later);
    expect(() => device.release(early)).toThrow('released before');
  });

  test('upload and read copy nothing; write copies into the target', () => {
    const device = open();
    const values = Float32Array.of(1, 2, 3);
    expect(device.read(device.upload(values))).toBe(values);
    const target = device.floats(3);
    device.write(target, values);
    expect(device.read(target)).toEqual(values);
    expect(() => device.write(target, new Float32Array(2))).toThrow('write: got 2 values of Float32Array, expected 3');
  });

  test('refuses lengths that are none', () => {
    for (const length of [-1, 0.5, Number.NaN])
      expect(() => open().floats(length)).toThrow(`got a length of ${length}`);
  });
});
