import { RandomStreams } from '@agentmmrec/core';
import { rankUsers } from '@agentmmrec/evaluation';
import { type CudaDevice, type Device, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';
import { seededInteractions } from '../../benchmarks/src/sizes.js';

// Searches for the best on the emulated card: the CPU's bits, whatever order blocks and threads run in, and nothing waited for between
// blocks of users.

const { counters, setReverseOrder } = loadEmulatedAddon();
const device = openDevice('cuda-emulated') as CudaDevice;
const cpu = openDevice('cpu');
afterEach(() => setReverseOrder(false));

const values = (name: string, length: number) => {
  const stream = new RandomStreams(5).stream(name);
  return Float32Array.from({ length }, () => stream.uniform() - 0.5);
};

function ranked(on: Device, rows: number, columns: number, k: number, d = 16) {
  const [users, items] = [values('users', rows * d), values('items', columns * d)];
  const masked = Math.min(7, columns - 1);
  const maskOffsets = on.upload(Int32Array.from({ length: rows + 1 }, (_, row) => row * masked));
  const maskIndices = on.upload(Int32Array.from({ length: rows * masked }, (_, at) => (at % masked) * 3));
  const [indices, scores] = [on.ints(rows * k), on.floats(rows * k)];
  on.kernels.rankTopK({
    indices,
    scores,
    users: on.upload(users),
    items: on.upload(items),
    maskOffsets,
    maskIndices,
    d,
    k,
  });
  return [on.read(indices), on.read(scores)];
}

function similar(on: Device, rows: number, k: number, d = 24) {
  const x = on.upload(values('similar', rows * d));
  const [indices, scores] = [on.ints(rows * k), on.floats(rows * k)];
  on.kernels.cosineTopK({ indices, scores, queries: x, keys: x, d, k, excludeSelf: true });
  return [on.read(indices), on.read(scores)];
}

describe.each([false, true])('threads and blocks backwards: %j', (reverse) => {
  // one slice and several; lists shorter and longer than the 32 that are merged at once; so long that all scores are looked at
  test.each([
    [3, 40, 5],
    [70, 600, 20],
    [70, 3000, 50],
    [2, 5000, 33],
    [5, 2100, 300],
    [4, 2100, 769],
    [3, 900, 900],
    [3, 800, 1000],
  ])('the best of %i rows among %i, %i each, are the bits of the CPU', (rows, columns, k) => {
    setReverseOrder(reverse);
    expect(ranked(device, rows, columns, k)).toEqual(ranked(cpu, rows, columns, k));
  });

  test('the nearest by cosine too', () => {
    setReverseOrder(reverse);
    for (const [rows, k] of [
      [70, 10],
      [300, 5],
    ])
      expect(similar(device, rows, k)).toEqual(similar(cpu, rows, k));
  });
});

test('what one slice has found out of a row the others use: eleven cost hardly more than the first', () => {
  const collectives = (columns: number) => {
    const before = counters().collectives;
    ranked(device, 3, columns, 50);
    return counters().collectives - before;
  };
  expect(collectives(11 * 512)).toBeLessThan(250_000); // 437,000 where each slice has to find out by itself
});

test('ranking waits once at the end, however many blocks of users there are', () => {
  const train = seededInteractions({ users: 2500, items: 60, interactions: 9000 });
  const [users, items] = [values('all users', 2500 * 8), values('all items', 60 * 8)].map((rows) =>
    device.upload(rows),
  );
  const ranking = { users, items, d: 8 };
  const costs = (count: number) => {
    const userIds = Int32Array.from({ length: count }, (_, user) => user);
    const before = counters();
    rankUsers({ device, ranking, mask: train, userIds, k: 10 });
    const after = counters();
    return { waits: after.synchronisations - before.synchronisations, back: after.copiesToHost - before.copiesToHost };
  };
  costs(2500); // memory and staging are there afterwards
  expect(costs(2500)).toEqual(costs(1000));
  expect(costs(2500)).toEqual({ waits: 3, back: 2 });
});
