import { matrix, RandomStreams } from '@agentmmrec/core';
import { CudaDevice, type Ints, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel } from '@agentmmrec/models';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { trainingData } from './support/trainingSteps.js';

function emulated(): CudaDevice {
  const device = openDevice('cuda-emulated');
  if (!(device instanceof CudaDevice)) throw new Error('not a card');
  return device;
}

describe('memory of a card', () => {
  test('comes zero-filled, also when used before; is counted; takes no view and nothing twice', () => {
    const device = emulated();
    const first = device.upload(new Float32Array(1000).fill(7));
    device.release(first);
    const second = device.floats(990);
    expect(device.read(second)).toEqual(new Float32Array(990));
    expect(device.memory()).toEqual({ usedBytes: 4096, pooledBytes: 0, peakBytes: 4096 });
    expect(() => device.release(second.subarray(0, 5))).toThrow(
      'release: got a view of 5 elements, expected the whole array of 990',
    );
    device.release(second);
    expect(() => device.release(second)).toThrow('released before');
    expect(() => device.read(second)).toThrow('released before');
    expect(() => device.kernels.axpby({ out: second, x: second, alpha: 1, beta: 0 })).toThrow(
      'memory that was released before',
    );
  });

  test('what is pooled goes back to the card when that is asked for, and what is in use stays', () => {
    const { counters } = loadEmulatedAddon();
    const device = emulated();
    const kept = device.upload(Float32Array.of(1, 2));
    for (const memory of [1000, 5000].map((length) => device.floats(length))) device.release(memory);
    expect(device.memory().pooledBytes).toBe(4096 + 20480);
    const { frees } = counters();
    device.trim();
    expect(counters().frees - frees).toBe(2);
    expect(device.memory()).toEqual({ usedBytes: 256, pooledBytes: 0, peakBytes: 256 + 4096 + 20480 });
    expect(device.read(kept)).toEqual(Float32Array.of(1, 2));
  });

  test('building a model leaves nothing in the pool, though graphs of neighbours took tables', () => {
    const device = emulated();
    const data = trainingData();
    const values = Float32Array.from({ length: data.items * 200 }, (_, at) => Math.sin(at));
    const features = [{ modality: 'image', matrix: matrix(data.items, 200, values), synthetic: true }];
    const context = { data: { ...data, features }, device, random: new RandomStreams(1) };
    buildModel(findModel('agentmmrec'), context, { dimensions: 4, hidden: 5, k: 3 });
    expect(device.memory().pooledBytes).toBe(0);
    // while their graph is made the features' unit rows beside them, but not the features a third time
    expect(device.memory().peakBytes).toBeLessThan(4.5 * 4 * values.length);
  });

  test('host values and card values are the same through any writes of parts', () => {
    const lengths = fc.integer({ min: 1, max: 40 });
    const parts = fc.array(fc.tuple(fc.nat(39), fc.nat(39), fc.integer()), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, parts, fc.boolean(), (length, writes, withIds) => {
        const device = emulated();
        const model = withIds ? new Int32Array(length) : new Float32Array(length);
        const memory = withIds ? device.ints(length) : device.floats(length);
        for (const [a, b, value] of writes) {
          const [start, end] = [Math.min(a, b, length), Math.min(Math.max(a, b), length)];
          model.fill(value, start, end);
          device.write(memory.subarray(start, end) as Ints, model.slice(start, end) as Int32Array);
          expect(device.read(memory as Ints)).toEqual(model);
        }
        expect(device.read(memory.subarray(0, length) as Ints)).toEqual(model);
      }),
      { numRuns: 40 },
    );
  });

  test('larger arrays than the staging buffer arrive whole', () => {
    const device = emulated();
    const values = Float32Array.from({ length: 2_500_001 }, (_, i) => i % 1001);
    const there = device.upload(values);
    // By bytes: comparing millions of elements one by one takes minutes.
    expect(Buffer.from(device.read(there).buffer).equals(Buffer.from(values.buffer))).toBe(true);
    expect(device.usage().copiesToDevice).toBe(3);
  });

  test('refuses memory of another card, typed arrays, the other type, other lengths', () => {
    const [one, other] = [emulated(), emulated()];
    const [x, far] = [one.floats(3), other.floats(3)];
    expect(() => one.kernels.axpby({ out: x, x: far, alpha: 1, beta: 0 })).toThrow('got memory of another device');
    expect(() => one.kernels.axpby({ out: x, x: new Float32Array(3), alpha: 1, beta: 0 })).toThrow(
      'axpby, argument x: got Float32Array, expected device memory of float32',
    );
    expect(() => one.kernels.gatherRows({ out: x, x, ids: x as unknown as Ints, d: 3 })).toThrow(
      'expected device memory of int32',
    );
    expect(() => one.write(x, new Float32Array(2))).toThrow(
      'write: got 2 values of Float32Array, expected 3 of Float32Array',
    );
    expect(() => one.floats(-1)).toThrow('device memory: got -1');
    expect(() => one.floats(0.5)).toThrow('got 0.5');
  });
});

describe('ids are checked before a kernel sees them', () => {
  const gather = (device: CudaDevice, ids: Ints, rows = 4) => {
    device.kernels.gatherRows({ out: device.floats(ids.length), x: device.floats(rows), ids, d: 1 });
  };

  test('what the host wrote is known: nothing is asked of the card', () => {
    const device = emulated();
    const ids = device.upload(Int32Array.of(0, 3, 1));
    const { copiesToHost } = device.usage();
    gather(device, ids);
    expect(() => gather(device, ids, 3)).not.toThrow('argument x');
    expect(device.usage().copiesToHost).toBe(copiesToHost);
  });

  test('a wrong id is an error wherever it came from', () => {
    const device = emulated();
    expect(() => gather(device, device.upload(Int32Array.of(0, 4)))).toThrow(
      'argument ids: got index 4, expected indices from 0 to 3',
    );
    expect(() => gather(device, device.upload(Int32Array.of(-1, 2)))).toThrow('got index -1');
    const parts = device.upload(Int32Array.of(9, 0, 3, -7));
    gather(device, parts.subarray(1, 3));
    expect(() => gather(device, parts.subarray(0, 2))).toThrow('got index 9');
    device.write(parts.subarray(1, 2), Int32Array.of(5));
    expect(() => gather(device, parts.subarray(1, 3))).toThrow('got index 5');
  });

  test('what kernels promise of their ids is known, and an empty place is not taken for an id', () => {
    const device = emulated();
    const [indices, scores] = [device.ints(4), device.floats(4)];
    const items = device.upload(Float32Array.of(1, 3, 2));
    const none = { maskOffsets: device.ints(2), maskIndices: device.ints(0) };
    device.kernels.rankTopK({ indices, scores, users: device.upload(Float32Array.of(1)), items, ...none, d: 1, k: 4 });
    expect(() => gather(device, indices)).toThrow('got index -1');
    gather(device, indices.subarray(0, 3));
    expect([...device.read(indices)]).toEqual([1, 2, 0, -1]);
  });

  test('rows of a mask ascend; a user without a negative is named', () => {
    const device = emulated();
    const rank = (...mask: number[]) =>
      device.kernels.rankTopK({
        indices: device.ints(2),
        scores: device.floats(2),
        users: device.floats(2),
        items: device.floats(3),
        maskOffsets: device.upload(Int32Array.of(0, 2, mask.length)),
        maskIndices: device.upload(Int32Array.from(mask)),
        d: 1,
        k: 1,
      });
    rank(1, 2, 0);
    expect(() => rank(2, 1, 0)).toThrow('argument maskIndices: got a descending index in a row');
    const train = device.uploadCsr({
      rows: 2,
      cols: 2,
      offsets: Int32Array.of(0, 1, 3),
      indices: Int32Array.of(0, 0, 1),
      values: null,
    });
    const sample = (users: number[]) => {
      const negatives = device.ints(users.length);
      const userIds = device.upload(Int32Array.from(users));
      device.kernels.sampleNegatives({ negatives, userIds, train, items: 2, key0: 1, key1: 2, first: 0 });
      return [...device.read(negatives)];
    };
    expect(sample([0, 0])).toEqual([1, 1]);
    expect(() => sample([0, 1])).toThrow('got user 1 with 2 training items, expected fewer than all 2 items');
  });
});
