import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { Probes } from './probes.js';
import { probeProducts } from './products.js';
import { measureRates } from './rates.js';

const device = openDevice('cpu', { threads: 1 });

test('a microbenchmark may be left between any two runs, and gives its memory back', () => {
  const held = new Set<unknown>();
  const watched = new Proxy(device, {
    get(inner, name) {
      if (name === 'floats') return (length: number) => withIn(inner.floats(length));
      if (name === 'release') return letGo;
      return Reflect.get(inner, name, inner);
    },
  });
  const withIn = <Memory>(memory: Memory): Memory => {
    held.add(memory);
    return memory;
  };
  const letGo = (memory: Parameters<typeof device.release>[0]): void => {
    held.delete(memory);
    device.release(memory);
  };
  const pieces = probeProducts(new Probes(watched));
  // three arrays are written, then a warm-up and three runs at least
  for (let n = 0; n < 7; n++) expect(pieces.next().done).toBe(false);
  expect(held.size).toBe(3);
  pieces.return();
  expect(held.size).toBe(0);
});

test('measuring the machine ends with the reason of the signal', async () => {
  const interruption = new AbortController();
  let turns = 0;
  const turning = setInterval(() => {
    if (++turns === 3) interruption.abort(new Error('enough'));
  }, 1);
  try {
    await expect(measureRates(device, 1, interruption.signal)).rejects.toThrow('enough');
    expect(turns).toBe(3);
  } finally {
    clearInterval(turning);
  }
});
