import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, makeFolders, RandomStreams } from '@agentmmrec/core';
import { constantLoad, type Load, load } from '../load.js';
import type { BenchmarkCase, Fact, Suite, SuiteContext } from '../suite.js';

/** Clothing as the paper counts it (its Table 3). */
const DATA = 'clothing-size';
const CLOTHING = { users: 39_387, items: 23_033 };
const ROUNDS = 40;
/** About what a list of 20 items comes to. */
const ANSWER_BYTES = 4000;
const RATE = { perSecond: 500, seconds: 20, connections: 32, distinctUsers: 2000 };
const limits = { pageSeconds: 0.1, listSeconds: 0.02, p99Seconds: 0.05, bytes: 500e6 };

/**
 * `agentmmrec serve` at Clothing's size: a drawn catalog with texts, its knowledge, and an AgentMMRec run of one epoch, which take minutes to
 * make unless the workspace has them already as `clothing-size`. What each page asks for, one list, many lists a second (autocannon), and the memory of the server.
 */
export const serve: Suite = {
  name: 'serve',
  byDefault: false,
  perSize: false,
  async *cases(_device, _size, context) {
    makeFolders(context.workspace);
    const folder = mkdtempSync(join(context.workspace, 'bench-serve-'));
    let server: Served | null = null;
    try {
      const isPrepared = existsSync(join(context.workspace, 'datasets', DATA));
      const workspace = isPrepared ? context.workspace : await preparedWorkspace(folder, context);
      server = await startServer(workspace, context);
      await firstLook(server);
      for (const [name, addresses] of pages(server)) yield pageCase(name, addresses, server);
      yield listCase(server);
      yield loadCase(folder, server, context);
    } finally {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Served {
  readonly address: string;
  readonly run: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Draws, prepares, builds knowledge and trains, each by the command; minutes. */
async function preparedWorkspace(folder: string, context: SuiteContext): Promise<string> {
  const [catalog, workspace] = [join(folder, 'catalog'), join(folder, 'workspace')];
  const counts = ['--users', String(CLOTHING.users), '--items', String(CLOTHING.items), '--image-size', '0'];
  await command(['data', 'synth', '--out', catalog, ...counts], context);
  await command(['data', 'prepare', '--from', catalog, '--name', DATA, '--workspace', workspace], context);
  const training = ['--data', DATA, '--epochs', '1', '--compare', 'none', '--workspace', workspace];
  await command(
    ['train', '--model', 'agentmmrec', '--reasoner', 'extractive', '--feedback', 'off', ...training],
    context,
  );
  return workspace;
}

async function command(
  words: readonly string[],
  { command: [program, ...first], environment }: SuiteContext,
): Promise<void> {
  const child = spawn(program, [...first, ...words], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw failed(words[0], said.trim().split('\n').at(-1) ?? `exit ${code}`);
}

async function startServer(
  workspace: string,
  { command: [program, ...first], environment }: SuiteContext,
): Promise<Served> {
  const words = [
    'serve',
    '--workspace',
    workspace,
    '--data',
    'clothing-size',
    '--port',
    '0',
    '--device',
    'cpu',
    '--json',
  ];
  const child = spawn(program, [...first, ...words], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = said.match(/"address":"([^"]+)"/)?.[1];
      if (found) resolve(found.replace(/\/$/, ''));
    });
    child.once('close', () => reject(failed('serve', said || 'an early end')));
  });
  const stop = async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await closed;
  };
  const { run } = (await asked(address, '/api/status')) as { run: string };
  return { address, run, process: child, stop };
}

/** Makes what is made once: the lists of the run, embeddings of knowledge. */
async function firstLook({ address }: Served): Promise<void> {
  await asked(address, '/api/recommend?user=user-0001&why=true');
  await asked(address, '/api/users/user-0001/neighbours?graph=bmu');
  await asked(address, '/api/items/item-0001/neighbours?graph=bmi');
  await asked(address, '/api/items/item-0001/neighbours?graph=rti');
  await asked(address, '/api/knowledge');
}

/** What each page asks for, with drawn users and items. */
function pages({ run }: Served): [string, (draw: () => { user: string; item: string }) => string[]][] {
  return [
    ['Runs', () => ['/api/status', '/api/runs', `/api/compare?runs=${run}`]],
    [
      'A user',
      (draw) => {
        const { user } = draw();
        const of = `/api/users/${user}`;
        return [of, `${of}/knowledge`, `${of}/neighbours?graph=bmu&k=12`, `/api/recommend?user=${user}&k=20&why=true`];
      },
    ],
    [
      'An item',
      (draw) => {
        const of = `/api/items/${draw().item}`;
        return [of, `${of}/knowledge`, `${of}/neighbours?graph=bmi&k=12`];
      },
    ],
    ['Refinement of an item', (draw) => [`/api/items/${draw().item}/neighbours?graph=rti&k=10`]],
    ['Graphs', (draw) => [`/api/graph?kind=item&id=${draw().item}&k=8`]],
    ['Knowledge build', () => ['/api/knowledge', '/api/jobs']],
    ['Search', (draw) => [`/api/search?q=${draw().user.slice(5)}`]],
    ['Items', () => ['/api/items?q=vase&limit=50']],
  ];
}

function drawing(name: string): () => { user: string; item: string } {
  const stream = new RandomStreams(11).stream(name);
  const id = (kind: string, count: number) => `${kind}-${String(1 + stream.integer(count)).padStart(4, '0')}`;
  return () => ({ user: id('user', CLOTHING.users), item: id('item', CLOTHING.items) });
}

function pageCase(
  name: string,
  addresses: (draw: () => { user: string; item: string }) => string[],
  { address }: Served,
): BenchmarkCase {
  const draw = drawing(name);
  const times: number[] = [];
  return {
    name: `what the page ${name} asks for, one after the other`,
    bytes: 0,
    flops: 0,
    rounds: ROUNDS,
    run: async () => {
      const start = performance.now();
      for (const path of addresses(draw)) await asked(address, path);
      return kept(times, (performance.now() - start) / 1000);
    },
    peers: [],
    facts: () => [
      { name: 'longest', value: Math.max(...times), unit: 'seconds', target: { atMost: limits.pageSeconds } },
    ],
  };
}

function listCase({ address, process: child }: Served): BenchmarkCase {
  const draw = drawing('lists');
  const times: number[] = [];
  return {
    name: 'recommendations of one user, 20 items, reranked',
    bytes: 0,
    flops: 0,
    rounds: 5 * ROUNDS,
    run: async () => {
      const start = performance.now();
      await asked(address, `/api/recommend?user=${draw().user}&k=20`);
      return kept(times, (performance.now() - start) / 1000);
    },
    peers: [],
    facts: () => [
      { name: 'longest', value: Math.max(...times), unit: 'seconds', target: { atMost: limits.listSeconds } },
      { name: 'peak memory of the server', value: peakBytes(child), unit: 'bytes', target: { atMost: limits.bytes } },
    ],
  };
}

/**
 * A steady rate of lists for drawn users; most of them are asked for the first time. The peer is the same load on a server that answers
 * a constant: what the generator and the machine take by themselves.
 */
function loadCase(folder: string, { address, process: child }: Served, { environment }: SuiteContext): BenchmarkCase {
  const draw = drawing('load');
  const paths = Array.from({ length: RATE.distinctUsers }, () => `/api/recommend?user=${draw().user}&k=20`);
  const asking = { ...RATE, paths };
  let measured: { readonly ours: Load; readonly constant: Load } | null = null;
  return {
    name: `${RATE.perSecond} requests of lists a second for ${RATE.seconds} s, ${RATE.connections} connections`,
    bytes: 0,
    flops: 0,
    rounds: 1,
    run: async () => {
      const constant = await constantLoad(folder, asking, ANSWER_BYTES, environment);
      const ours = await load(folder, { ...asking, address }, environment);
      measured = { ours, constant };
      return ours.latency.p50 / 1000;
    },
    peers: [],
    facts: () => (measured ? factsOf(measured.ours, measured.constant, child) : []),
  };
}

function factsOf({ latency, requests, non2xx, errors }: Load, constant: Load, child: ChildProcess): Fact[] {
  return [
    { name: 'answered', value: requests.average, unit: 'per second', target: { atLeast: 0.98 * RATE.perSecond } },
    { name: 'p99', value: latency.p99 / 1000, unit: 'seconds', target: { atMost: limits.p99Seconds } },
    { name: 'p99 of a server that answers a constant', value: constant.latency.p99 / 1000, unit: 'seconds' },
    { name: 'refused or broken', value: non2xx + errors, unit: 'count', target: { atMost: 0 } },
    { name: 'peak memory of the server', value: peakBytes(child), unit: 'bytes', target: { atMost: limits.bytes } },
  ];
}

async function asked(address: string, path: string): Promise<unknown> {
  const reply = await fetch(`${address}${path}`);
  const body = await reply.text();
  if (reply.ok) return JSON.parse(body);
  throw failed(`GET ${path}`, `${reply.status}: ${body.slice(0, 300)}`);
}

function kept(times: number[], seconds: number): number {
  times.push(seconds);
  return seconds;
}

function peakBytes({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/status`;
  const kilobytes = existsSync(path) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return 1024 * Number(kilobytes ?? Number.NaN);
}

function failed(what: string, got: string, hint = 'run the command alone to see why'): AmrError {
  return new AmrError({ what, got, expected: 'to run to its end', hint, kind: 'failed' });
}
