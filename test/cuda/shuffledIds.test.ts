import { RandomStreams } from '@agentmmrec/core';
import { loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { afterEach, expect, test } from '@jest/globals';

const { counters, setReverseOrder } = loadEmulatedAddon();
const device = openDevice('cuda-emulated');
afterEach(() => setReverseOrder(false));

test.each([0, 1, 2, 3, 5, 64, 1000, 2049, 30_011])('%i ids are in the order of the host’s own shuffle', (n) => {
  for (const epoch of [0, 1]) {
    const stream = () => new RandomStreams(7).stream('positives', epoch);
    const expected = stream().shuffle(Int32Array.from({ length: n }, (_, id) => id));
    for (const reverse of [false, true]) {
      setReverseOrder(reverse);
      const ids = device.shuffledIds(n, stream());
      expect(device.read(ids)).toEqual(expected);
      device.release(ids);
    }
    expect(openDevice('cpu').shuffledIds(n, stream())).toEqual(expected);
  }
});

test('nothing crosses the bus, and nothing is waited for', () => {
  device.shuffledIds(5000, new RandomStreams(7).stream('positives'));
  const before = counters();
  device.shuffledIds(5000, new RandomStreams(8).stream('positives'));
  const after = counters();
  for (const name of ['copiesToDevice', 'copiesToHost', 'synchronisations'])
    expect([name, after[name]]).toEqual([name, before[name]]);
});
