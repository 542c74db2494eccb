import { Worker } from 'node:worker_threads';

const LOOK_MS = 250;
/** Until then it may end by itself, with what it clears away. */
const PATIENCE_MS = 1000;

/** Looks from a thread of its own, since a long computation hears no event. */
const watcher = `
const { workerData: { parent, lookMs, patienceMs } } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== parent) setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs);
}, lookMs);
`;

/**
 * Ends this process when the one that started it by `ownProcess` is gone, however that ended and whatever is computed here. For work
 * that keeps nothing half-made. Does nothing in a process that a person started.
 * @returns lets it go on alone
 */
export function endWithParent(): () => void {
  if (!process.send) return () => {};
  const stop = () => process.kill(process.pid, 'SIGTERM');
  process.on('disconnect', stop);
  if (!process.connected) stop();
  const workerData = { parent: process.ppid, lookMs: LOOK_MS, patienceMs: PATIENCE_MS };
  const worker = new Worker(watcher, { eval: true, workerData });
  worker.unref();
  return () => {
    process.off('disconnect', stop);
    void worker.terminate();
  };
}
