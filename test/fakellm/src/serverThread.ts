import { Worker } from 'node:worker_threads';

/** A server that answers at once, in a thread of its own: it takes no time of the thread that is measured. */
export async function startServerThread(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { port, stop: async () => void (await worker.terminate()) };
}
