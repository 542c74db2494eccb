import { RandomStreams } from '@agentmmrec/core';
import { type CudaDevice, type Ints, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';

// What arrays of 2^31 elements need, without the memory for them.

const { sumEntriesFrom } = loadEmulatedAddon();

test.each([0, 2 ** 31 - 200, 2 ** 31 - 7, 2 ** 31 + 5])('a row’s sum whose entries begin at %i', (begin) => {
  expect([1, 2, 7, 10, 90].map((count) => sumEntriesFrom(begin, count))).toEqual([1, 3, 15, 22, 210]);
});

test('neighbour lists of more entries than a launch counts are several launches', () => {
  const [rows, k, d] = [7_000, 20, 4]; // 140,000 entries of at most 65,536 on the emulated card
  const random = new RandomStreams(3).stream('lists');
  const neighbours = Int32Array.from({ length: rows * k }, () => random.integer(rows));
  const x = Float32Array.from({ length: rows * d }, () => random.integer(16));
  const [card, cpu] = [openDevice('cuda-emulated'), openDevice('cpu')].map((device) => {
    const out = device.floats(rows * d);
    device.kernels.neighbourMean({ out, x: device.upload(x), neighbours: device.upload(neighbours), k, d, alpha: 20 });
    return device.read(out);
  });
  expect(card).toEqual(cpu);
});

test('more ids than their positions have numbers are refused before anything is taken', () => {
  const device = openDevice('cuda-emulated') as CudaDevice;
  const before = device.memory();
  const many = { length: 2 ** 31, subarray: () => many } as unknown as Ints;
  expect(() => device.sortIds([{ ids: many }])).toThrow('sortIds: got 2147483648 ids, expected at most 2147483647');
  expect(device.memory()).toEqual(before);
});
