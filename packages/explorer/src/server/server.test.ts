import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import { openApiDocument } from '../api/openapi.js';
import { eventsPath, type Operation, paths } from '../api/paths.js';
import { type Route, routes } from '../api/routes.js';
import { type ExplorerClient, explorerClient, RefusedRequest } from '../client/client.js';
import { Explorer } from '../open.js';
import { type DemoWorkspace, demoWorkspace } from '../testing/demoWorkspace.js';
import { buildServer, listen } from './server.js';

let demo: DemoWorkspace;
let explorer: Explorer;
let server: FastifyInstance;
let address: string;
let client: ExplorerClient;

function explore(path: string, data: string | null = 'catalog'): Explorer {
  return new Explorer({
    workspace: path,
    data,
    load: async (name) => await loadDataset(name, { workspace: path, splitSeed: 7, log: silentLog }),
    device: () => openDevice('cpu', { threads: 1 }),
  });
}

beforeAll(async () => {
  demo = await demoWorkspace();
  mkdirSync(join(demo.path, 'reports'));
  const page = '<!doctype html><title>A &lt;b&gt; study</title><h1>Study</h1>';
  writeFileSync(join(demo.path, 'reports/study-catalog.html'), page);
  writeFileSync(join(demo.path, 'reports/study-catalog.csv'), 'a,b\n');
  writeFileSync(join(dirname(demo.path), 'secret.html'), 'secret');
  explorer = explore(demo.path);
  server = buildServer({ explorer, version: '9.9.9', host: '127.0.0.1', token: null, pages: null });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${port}`;
  client = explorerClient({ address });
});
afterAll(async () => {
  await server.close();
  await explorer.close();
  rmSync(dirname(demo.path), { recursive: true });
});

async function ask(path: string, headers: Record<string, string> = {}) {
  const reply = await server.inject({ method: 'GET', url: path, headers: { host: '127.0.0.1', ...headers } });
  return { status: reply.statusCode, body: reply.body, headers: reply.headers };
}

describe('every question', () => {
  const inputs: { readonly [N in Operation]: () => Readonly<Record<string, unknown>> } = {
    status: () => ({}),
    listData: () => ({}),
    listRuns: () => ({}),
    getRun: () => ({ run: demo.knowledgeRun }),
    compareRuns: () => ({ runs: `${demo.plainRun},${demo.knowledgeRun}` }),
    listJobs: () => ({}),
    listKnowledge: () => ({}),
    knowledgeFailures: () => ({ memory: explorer.workspace.memories.newestFor(fingerprint()) }),
    listReports: () => ({}),
    searchEntities: () => ({ q: '000' }),
    listUsers: () => ({ q: 'user', limit: 3 }),
    getUser: () => ({ user: 'user-0001' }),
    userKnowledge: () => ({ user: 'user-0001' }),
    userDifference: () => ({ user: rewritten(), from: 1, to: 2 }),
    userNeighbours: () => ({ user: 'user-0001', graph: 'bmu', k: 4 }),
    listItems: () => ({ limit: 3 }),
    getItem: () => ({ item: 'item-0001' }),
    itemKnowledge: () => ({ item: 'item-0001' }),
    itemDifference: () => ({ item: 'item-0001', from: 1, to: 1 }),
    itemNeighbours: () => ({ item: 'item-0001', graph: 'rti', k: 4 }),
    similarItems: () => ({ item: 'item-0001', k: 4 }),
    recommend: () => ({ user: 'user-0001', k: 5, why: true, run: demo.knowledgeRun }),
    explain: () => ({ user: 'user-0001', item: 'item-0003', run: demo.knowledgeRun }),
    graph: () => ({ kind: 'item', id: 'item-0001' }),
  };
  const fingerprint = () => explorer.workspace.datasets()[0].fingerprint ?? '';
  /** A user whose preferences the feedback round rewrote. */
  const rewritten = () => {
    const { memory } = explorer.workspace.memories.reader(null, fingerprint());
    const place = Array.from({ length: 40 }, (_, user) => user).find(
      (user) => memory.history('preference', user).length > 1,
    );
    if (place === undefined) throw new Error('the feedback round rewrote nobody');
    return `user-${String(place + 1).padStart(4, '0')}`;
  };

  test.each(Object.keys(routes) as Operation[])('%s is answered in the shape that the document says', async (name) => {
    const reply = await (client[name] as (input: object) => Promise<unknown>)(inputs[name]());
    expect(Value.Errors((routes[name] as Route).reply, reply).slice(0, 3)).toEqual([]);
  });

  test('stands in the OpenAPI document once, with its parameters', async () => {
    const document = JSON.parse((await ask('/api/openapi.json')).body) as {
      openapi: string;
      info: { version: string };
      paths: Record<
        string,
        { get: { operationId: string; parameters?: { name: string; in: string; required: boolean }[] } }
      >;
    };
    expect(document).toEqual(openApiDocument('9.9.9'));
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values(document.paths).map(({ get }) => get.operationId);
    expect(operations.sort()).toEqual([...Object.keys(paths), 'events', 'itemPicture'].sort());
    const { parameters } = document.paths['/api/recommend'].get;
    expect(parameters?.map(({ name, required }) => [name, required])).toEqual([
      ['user', true],
      ['k', false],
      ['run', false],
      ['rerank', false],
      ['why', false],
    ]);
    expect(document.paths['/api/users/{user}/knowledge'].get.parameters?.[0]).toMatchObject({
      name: 'user',
      in: 'path',
      required: true,
    });
  });
});

describe('recommendations', () => {
  test('are the order of the model or of the reranking, without items of training, alike alone and among many', async () => {
    const users = Array.from({ length: 40 }, (_, n) => `user-${String(n + 1).padStart(4, '0')}`);
    const together = await Promise.all(users.map((user) => client.recommend({ user, k: 10, run: demo.knowledgeRun })));
    const fresh = explore(demo.path);
    try {
      const { recommender, catalog } = await fresh.data();
      let changed = 0;
      for (const [n, user] of users.entries()) {
        const request = { user: catalog.place('user', user), k: 10, run: demo.knowledgeRun, why: false } as const;
        const alone = await recommender.recommend({ ...request, rerank: 'auto' });
        expect(together[n]).toEqual(alone);
        const base = await recommender.recommend({ ...request, rerank: 'off' });
        expect(base.reranked).toBe(false);
        expect(base.items.map(({ rankBefore }) => rankBefore)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        const scores = base.items.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        const owned = new Set([...catalog.historyOf(request.user)].map((item) => catalog.idOf('item', item)));
        for (const { item } of [...alone.items, ...base.items]) expect(owned.has(item.id)).toBe(false);
        if (alone.items.some(({ item }, at) => item.id !== base.items[at].item.id)) changed++;
      }
      expect(changed).toBeGreaterThan(0);
    } finally {
      await fresh.close();
    }
  });

  test('say why: the parts of a score add up to it, shared words stand on both sides', async () => {
    const { items, reranked } = await client.recommend({ user: 'user-0003', k: 8, why: true, run: demo.knowledgeRun });
    expect(reranked).toBe(true);
    for (const { score, reasons } of items) {
      expect(reasons?.parts?.map(({ name }) => name)).toEqual(expect.arrayContaining(['own', 'bmu', 'bmi']));
      expect(reasons?.parts?.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(score, 3);
    }
    let told = 0;
    for (const user of ['user-0003', 'user-0004', 'user-0005', 'user-0006']) {
      const { parts } = await client.userKnowledge({ user });
      for (const { item, reasons } of (await client.recommend({ user, k: 8, why: true, run: demo.knowledgeRun }))
        .items) {
        const { parts: properties } = await client.itemKnowledge({ item: item.id });
        for (const part of ['text', 'visual', 'crossModal'] as const) {
          for (const { term } of reasons?.sharedTerms?.[part] ?? []) {
            expect([parts[part], properties[part]]).toEqual([
              expect.stringContaining(term),
              expect.stringContaining(term),
            ]);
            told++;
          }
        }
      }
    }
    expect(told).toBeGreaterThan(0);
    const { sentences, rank } = await client.explain({
      user: 'user-0003',
      item: items[0].item.id,
      run: demo.knowledgeRun,
    });
    expect(rank).toBe(1);
    expect(sentences.join('\n')).toContain('score: ');
  });

  test('refinement says what it changed, and dropped ones are no neighbours', async () => {
    const { neighbours } = await client.itemNeighbours({ item: 'item-0002', graph: 'rti', k: 10 });
    const count = (wanted: string) => neighbours.filter(({ change }) => change === wanted).length;
    expect(count('kept') + count('added')).toBe(10);
    expect(count('added')).toBe(count('dropped'));
  });
});

describe('what does not fit is refused in one shape', () => {
  test.each([
    ['/api/runs/nowhere', 404, /run/],
    ['/api/users/nobody', 404, /user/],
    [`/api/users/${'x'.repeat(300)}`, 400, /user/],
    [`/api/users/${'x'.repeat(3000)}`, 414, /address|request|path/i],
    ['/api/recommend', 400, /user/],
    ['/api/recommend?user=user-0001&k=100000000', 400, /k/],
    ['/api/recommend?user=user-0001&k=0', 400, /k/],
    ['/api/recommend?user=user-0001&k=ten', 400, /k/],
    ['/api/recommend?user=user-0001&user=user-0002', 400, /user/],
    ['/api/recommend?user=user-0001&rerank=maybe', 400, /rerank/],
    ['/api/recommend?user=user-0001&unheard=1', 400, /unheard/],
    ['/api/recommend?user=user-0001&run=nowhere', 404, /run/],
    ['/api/recommend?user=user-0001&run=no%00where', 404, /run/],
    ['/api/recommend?user=user-0001&run=..%2F..%2Fsecret', 404, /run/],
    ['/api/users/user-0001/knowledge?memory=no%00where', 404, /memory/],
    ['/api/users/user-0001/knowledge?version=99', 404, /version/],
    ['/api/users/user-0001/knowledge?memory=..%2F..%2Fsecret', 404, /memory/],
    ['/api/graph?kind=user&id=user-0001&graphs=rti', 400, /graphs/],
    ['/api/compare?runs=,', 200, /./],
    [`/api/compare?runs=${Array.from({ length: 13 }, (_, n) => n).join(',')}`, 400, /runs/],
    ['/api/nothing', 404, /address/],
    ['/api/items/%00/picture', 404, /item/],
    ['/api/items/%E0%A4%A/picture', 400, /request/],
    ['/reports/..%2Fsecret.html', 404, /report/],
    ['/reports/../secret.html', 404, /address/],
    ['/reports/%2e%2e%2fsecret', 404, /report/],
    ['/..%2f..%2f..%2fetc%2fpasswd', 404, /address/],
    ['/api/runs/..%2F..', 404, /run/],
    ['/constructor', 404, /address/],
    ['/api/users/__proto__', 404, /user/],
  ])('%.60s', async (path, status, about) => {
    const reply = await ask(path);
    expect([reply.status, reply.body]).toEqual([status, expect.not.stringContaining('secret\n')]);
    expect(reply.body).toMatch(about);
    if (status === 200) return;
    const problem = JSON.parse(reply.body) as Record<string, string>;
    expect(Object.keys(problem)).toEqual(['error', 'got', 'expected', 'hint']);
    for (const part of Object.values(problem)) expect(part).not.toBe('');
    expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const)('%s changes nothing', async (method) => {
    const payload = method === 'OPTIONS' ? '' : 'x'.repeat(10);
    const reply = await server.inject({ method, url: '/api/runs', headers: { host: '127.0.0.1' }, payload });
    expect(reply.statusCode).toBeGreaterThanOrEqual(400);
    expect(reply.statusCode).toBeLessThan(500);
    expect(Object.keys(JSON.parse(reply.body))).toEqual(['error', 'got', 'expected', 'hint']);
  });

  test('a client knows the refusal', async () => {
    const refused = await client.getUser({ user: 'user-001' }).catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(RefusedRequest);
    expect(refused).toMatchObject({ status: 404, problem: { hint: 'did you mean "user-0001"?' } });
  });
});

describe('files', () => {
  test('a picture is sent as what it is, and never another file', async () => {
    const reply = await server.inject({
      method: 'GET',
      url: '/api/items/item-0001/picture',
      headers: { host: '127.0.0.1' },
    });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^image\//);
    expect(reply.rawPayload.length).toBeGreaterThan(100);
  });

  test('reports are served by the names of the list, without running any script but ours', async () => {
    expect((await client.listReports({})).reports).toMatchObject([
      { id: 'study-catalog', title: 'A <b> study', forms: ['csv'] },
    ]);
    const page = await ask('/reports/study-catalog.html');
    expect(page.body).toContain('<h1>Study</h1>');
    expect(page.headers['content-security-policy']).toMatch(/script-src 'sha256-/);
    expect((await ask('/reports/study-catalog.csv')).headers['content-type']).toContain('text/csv');
    expect((await ask('/reports/study-catalog.tex')).status).toBe(404);
    expect((await ask('/reports/index.html')).headers.location).toBe('/reports');
  });

  test('nothing of the workspace changes by being asked for, and a writer may hold every lock', async () => {
    const files = () =>
      readdirSync(demo.path, { recursive: true, encoding: 'utf8' })
        .filter((name) => !/-(wal|shm|writer)$/.test(name))
        .sort();
    const before = files();
    const [{ id }] = await explorer.workspace.memories.list();
    const path = join(demo.path, 'knowledge', `${id}.sqlite`);
    const writer = openMemory({ path, fingerprint: null, mode: 'write' });
    const fresh = explore(demo.path);
    try {
      const { recommender } = await fresh.data();
      const list = await recommender.recommend({ user: 0, k: 3, run: demo.knowledgeRun, rerank: 'auto', why: true });
      expect(list.items).toHaveLength(3);
    } finally {
      await fresh.close();
      writer.close();
    }
    expect(files()).toEqual(before);
    expect(existsSync(join(demo.path, 'in-use'))).toBe(false);
  });
});

test('a workspace without data says what to do first, and questions about data are refused with it', async () => {
  const empty = explore(join(demo.path, 'nowhere'), null);
  const other = buildServer({ explorer: empty, version: '1', host: '127.0.0.1', token: null, pages: null });
  const get = async (url: string) => await other.inject({ method: 'GET', url, headers: { host: '127.0.0.1' } });
  const status = JSON.parse((await get('/api/status')).body) as Record<string, unknown>;
  expect(status).toMatchObject({
    data: null,
    run: null,
    firstStep: { lacking: 'a data set', command: expect.stringContaining('data prepare') },
  });
  const refused = await get('/api/users');
  expect([refused.statusCode, JSON.parse(refused.body).hint]).toEqual([
    404,
    expect.stringContaining('agentmmrec data prepare'),
  ]);
  await other.close();
});

test('events say which runs there are, and each change of them', async () => {
  const stop = new AbortController();
  const reply = await fetch(`${address}${eventsPath}`, { signal: stop.signal });
  expect(reply.headers.get('content-type')).toBe('text/event-stream');
  let said = '';
  const reading = (async () => {
    for await (const piece of reply.body as unknown as AsyncIterable<Uint8Array>)
      said += Buffer.from(piece).toString('utf8');
  })().catch(() => undefined);
  const until = async (wanted: RegExp) => {
    for (let n = 0; n < 100 && !wanted.test(said); n++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(said).toMatch(wanted);
  };
  await until(/event: runs\ndata: \{"runs":\[\{/);
  await until(/event: jobs\ndata: \{"jobs":\[\]\}/);
  const curve = join(demo.path, 'runs', demo.plainRun, 'checkpoint.curve.jsonl');
  const before = readFileSync(curve, 'utf8');
  const start = JSON.parse(before.split('\n')[0]) as Record<string, unknown>;
  writeFileSync(curve, `${before}${JSON.stringify({ ...start, startedAtMs: Date.now() + 1000 })}\n`);
  await until(/"state":"training"/);
  await until(/event: jobs\ndata: \{"jobs":\[\{"id":"catalog-lightgcn/);
  writeFileSync(curve, before);
  stop.abort();
  await reading;
});
