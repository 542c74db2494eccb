import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ItemView, QueuedReasoner } from '@agentmmrec/agents';
import { AmrError, makeFolders } from '@agentmmrec/core';
import { median } from '../statistics.js';
import type { BenchmarkCase, Suite } from '../suite.js';

const IN_FLIGHT = 256;
const CALLS = 4096;
const ROUNDS = 5;
/** Characters of a description: what a question of the Amazon data carries. */
const DESCRIPTION = 'plain words of the length of a description, '.repeat(16);
const worker = fileURLToPath(new URL('../queueWorker.js', import.meta.url));

/** What the queue adds to a call: questions about items with text, through a Redis of its own, to a worker that answers at once. */
export const queue: Suite = {
  name: 'queue',
  byDefault: false,
  perSize: false,
  async *cases(_device, _size, { workspace }) {
    makeFolders(workspace);
    const folder = mkdtempSync(join(workspace, 'bench-queue-'));
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const redis = await startRedis(port, folder);
    const answering = spawn(process.execPath, [worker, url, String(IN_FLIGHT)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      const reasoner = await QueuedReasoner.open({ queue: url, queueName: 'bench', inFlight: IN_FLIGHT });
      try {
        yield callCase(reasoner);
      } finally {
        await reasoner.close();
      }
    } finally {
      for (const child of [answering, redis]) await ended(child);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function callCase(reasoner: QueuedReasoner): BenchmarkCase {
  const times: number[] = [];
  let next = 0;
  return {
    name: `a question through the queue, ${IN_FLIGHT} in flight, ${CALLS} questions, one worker`,
    bytes: 0,
    flops: 0,
    rounds: ROUNDS,
    async run() {
      const start = performance.now();
      let left = CALLS;
      const asking = async (): Promise<void> => {
        // Never the same question twice: that would be the same job.
        while (left-- > 0) await ask(reasoner, next++);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, asking));
      const seconds = (performance.now() - start) / 1000;
      times.push(seconds / CALLS);
      return seconds;
    },
    peers: [],
    facts: () => [
      { name: 'overhead a call', value: median(times), unit: 'seconds', target: { atMost: 5e-3 } },
      { name: 'questions', value: 1 / median(times), unit: 'per second' },
    ],
  };
}

async function ask(reasoner: QueuedReasoner, item: number): Promise<void> {
  const content = { brand: '', categories: [], description: DESCRIPTION, imagePath: null };
  const view = (n: number): ItemView => ({ item: n, content: { ...content, title: `thing ${n}` } });
  const others = [1, 2, 3, 4, 5].map((n) => view(item + n));
  const { value } = await reasoner.property('text', view(item), others, { seed: 1 });
  if (value !== `about ${item}`) throw new Error(`the worker said ${value} of item ${item}`);
}

async function startRedis(port: number, folder: string): Promise<ChildProcess> {
  // As the documents recommend: every write is kept.
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''];
  const redis = spawn('redis-server', words, { stdio: 'ignore' });
  const [cause] = await Promise.race([once(redis, 'spawn'), once(redis, 'error')]);
  if (!cause) return redis;
  throw new AmrError({
    what: 'suite queue',
    got: 'no redis-server',
    expected: 'one on the path',
    hint: 'apt-get install redis-server',
    kind: 'failed',
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}
