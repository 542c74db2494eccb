import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { addonFile, loadAddon } from './native.js';

// Two JavaScript threads of one process that ask for kernels at the same time.

const THREADS = 4;
const LENGTH = 1_000_000;
const MOST_CALLS = 20_000;
const input = (i: number) => i % 7;

/** Computes from its first message until flags[0] tells it to stop; flags[1] has the threads of its last call. Its last message is what came out. */
const second = `
const { parentPort, workerData: { addon, flags } } = require('node:worker_threads');
const { openCpu, lastShare } = require(addon);
const { axpby } = openCpu(undefined, ${THREADS}).kernels;
const x = Float32Array.from({ length: ${LENGTH} }, (_, i) => i % 7);
const out = new Float32Array(${LENGTH});
parentPort.postMessage('begins');
while (Atomics.load(flags, 0) === 0) {
  axpby(out, x, 3, 0, undefined);
  Atomics.store(flags, 1, lastShare());
}
parentPort.postMessage(out);
`;

test('a second JavaScript thread gets its part of the threads, and both the numbers of one alone', async () => {
  const { openCpu, lastShare } = loadAddon();
  const { axpby } = openCpu(undefined, THREADS).kernels;
  const x = Float32Array.from({ length: LENGTH }, (_, i) => input(i));
  const out = new Float32Array(LENGTH);
  axpby(out, x, 2, 0, undefined);
  expect(lastShare()).toBe(THREADS);

  const flags = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(second, { eval: true, workerData: { addon: addonFile(), flags } });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  const last = once(worker, 'message');
  try {
    // On a busy machine one of them may wait so long for the processor that the other has the threads alone meanwhile.
    const shares = [0, 0];
    for (let calls = 0; shares.some((share) => share !== THREADS / 2); calls++) {
      expect(calls).toBeLessThan(MOST_CALLS);
      axpby(out, x, 2, 0, undefined);
      shares[0] = lastShare();
      shares[1] = Atomics.load(flags, 1);
    }
  } finally {
    Atomics.store(flags, 0, 1);
  }
  const [theirs] = (await last) as [Float32Array];
  expect(await ended).toEqual([0]);
  expect(out.findIndex((value, i) => value !== 2 * input(i))).toBe(-1);
  expect(theirs.findIndex((value, i) => value !== 3 * input(i))).toBe(-1);

  // Alone again: with nobody else calling all of the threads are its own.
  axpby(out, x, 2, 0, undefined);
  expect(lastShare()).toBe(THREADS);
});
