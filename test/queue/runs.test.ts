import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNamedWork, type WorkEnd, WorkQueue } from '@agentmmrec/agents';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { missingRedis, RedisServer, wait } from './redis.js';

const missing = missingRedis();
const withRedis = missing === null ? describe : describe.skip;
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-runs-'));
let redis: RedisServer;
let sources: ReturnType<typeof childSources>;
/** Ended whatever becomes of their tests. */
const children: ChildProcess[] = [];
const queues: WorkQueue[] = [];

beforeAll(async () => {
  if (missing) return;
  redis = await RedisServer.start(folder);
  sources = childSources(['core', 'kernels', 'datasets', 'llm', 'graphs', 'encoders', 'memory', 'agents']);
  writeFileSync(join(sources.folder, 'worker.mjs'), WORKER);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  if (!missing) {
    await Promise.all(queues.map((queue) => queue.close()));
    await redis.kill();
    sources.remove();
  }
  rmSync(folder, { recursive: true, force: true });
});

const well: WorkEnd = { code: 0, error: '' };

withRedis(`runs by workers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('tell how far they are, end as their processes did, and are done anew when started again', async () => {
    const done: string[] = [];
    const { queue, end } = await between('plain', async (name, tell) => {
      done.push(name);
      tell({ epoch: 3 });
      return name === 'bad' ? { code: 1, error: 'no such thing' } : well;
    });
    const told: unknown[] = [];
    expect(await queue.start('good', (one) => told.push(one)).ended).toEqual(well);
    expect(await queue.start('bad', () => {}).ended).toEqual({ code: 1, error: 'no such thing' });
    expect(await queue.start('bad', () => {}).ended).toEqual({ code: 1, error: 'no such thing' });
    expect(done).toEqual(['good', 'bad', 'bad']);
    expect(told).toEqual([{ epoch: 3 }]);
    expect(await end()).toBe(3);
  });

  test('save themselves when the experiment stops', async () => {
    const { queue, end } = await between('stopped', (_name, _tell, signal) => whenStopped(signal));
    const run = queue.start('long', () => {});
    await wait(300);
    run.stop();
    expect(await run.ended).toEqual({ code: 130, error: 'stopped' });
    await end();
  });

  test('go on elsewhere when their worker is stopped', async () => {
    let begun = 0;
    const first = await between('handed', (_name, _tell, signal) => {
      begun++;
      return whenStopped(signal);
    });
    const run = first.queue.start('handed on', () => {});
    while (begun === 0) await wait(20);
    first.stopWorker();
    const second = await between('handed', async () => well);
    expect(await run.ended).toEqual(well);
    await Promise.all([first.end(), second.end()]);
  });

  test('are done by another when their worker is killed, and outlive a Redis that starts anew', async () => {
    const journal = join(folder, 'journal');
    const victim = startWorker(journal, 60_000);
    const queue = await opened('killed');
    const run = queue.start('precious', () => {});
    while (!existsSync(journal)) await wait(20);
    victim.kill('SIGKILL');
    await redis.kill();
    redis.start();
    const other = startWorker(journal, 10);
    expect(await run.ended).toEqual(well);
    expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual([
      `${victim.pid} precious`,
      `${other.pid} precious`,
    ]);
    other.kill('SIGTERM');
    await Promise.all([once(other, 'exit'), queue.close()]);
  }, 120_000);
});

/** A queue and a worker of it in this process. */
async function between(name: string, work: Parameters<typeof runNamedWork>[0]['work']) {
  const stop = new AbortController();
  const worked = runNamedWork({ queue: redis.url, queueName: name, concurrency: 2, work, signal: stop.signal });
  const queue = await opened(name);
  return {
    queue,
    stopWorker: () => stop.abort(),
    end: async () => {
      stop.abort();
      await queue.close();
      return await worked;
    },
  };
}

async function opened(name: string): Promise<WorkQueue> {
  const queue = await WorkQueue.open({ queue: redis.url, queueName: name });
  queues.push(queue);
  return queue;
}

function whenStopped(signal: AbortSignal): Promise<WorkEnd> {
  const stopped = { code: 130, error: 'stopped' };
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(stopped), { once: true }));
}

function startWorker(journal: string, milliseconds: number): ChildProcess {
  const words = [join(sources.folder, 'worker.mjs'), redis.url, journal, String(milliseconds)];
  const child = spawn(process.execPath, ['--no-warnings', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

const WORKER = `
import { appendFileSync } from 'node:fs';
import { runNamedWork } from '@agentmmrec/agents';
const [url, journal, milliseconds] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
await runNamedWork({
  queue: url,
  queueName: 'killed',
  concurrency: 1,
  lockMs: 3000,
  signal: stop.signal,
  async work(name) {
    appendFileSync(journal, process.pid + ' ' + name + '\\n');
    await new Promise((resolve) => setTimeout(resolve, Number(milliseconds)));
    return { code: 0, error: '' };
  },
});
process.exit(0);
`;
