import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
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
import { serveExplorer } from '../serve.js';
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
  server = buildServer({ explorer, version: '9.9.9', host: '127.0.0.1', token: null, pages: null, requestMs: 400 });
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

describe('hostile clients', () => {
  /** What comes back for bytes that are sent by hand, until the server ends the connection. */
  async function raw(send: string, then?: (write: (text: string) => void) => void): Promise<string> {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.write(send);
    then?.((text) => socket.write(text));
    await new Promise<void>((resolve) => {
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
    });
    return said;
  }

  test('that send their headers slowly are let go with a 408', async () => {
    const said = await raw('GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(said).toContain('"expected":"a request of HTTP"');
  });

  test('that send a large body, headers that do not end, or no HTTP are refused', async () => {
    const body = 'x'.repeat(10_000);
    expect(
      await raw(
        `POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    ).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await raw(`GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(await raw('\u0000\u0001\u0002 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask('/api/runs')).status).toBe(200);
  });

  test('that connect by the hundred and say nothing shut nobody out, and are let go', async () => {
    const port = Number(new URL(address).port);
    let closed = 0;
    const silent = Array.from({ length: 600 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .on('close', () => closed++)
        .resume(),
    );
    await Promise.all(
      silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
    );
    try {
      expect((await fetch(`${address}/api/runs`)).status).toBe(200);
      while (closed < silent.length) await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      for (const socket of silent) socket.destroy();
    }
  });

  test('that come by another name are refused: their page was made to lead here', async () => {
    for (const host of ['evil.example', 'evil.example:80', '10.0.0.1', '127.0.0.1.evil.example']) {
      expect((await ask('/api/runs', { host })).status).toBe(403);
    }
    for (const host of ['127.0.0.1:1', 'localhost:4100', '[::1]:9', 'LOCALHOST']) {
      expect((await ask('/api/runs', { host })).status).toBe(200);
    }
  });

  test('get no header that lets another site read', async () => {
    const { headers } = await ask('/api/runs', { origin: 'http://evil.example' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('another address than this machine', () => {
  test('has a token, which opens by header, by the first page and by its cookie', async () => {
    const served = await serveExplorer({
      explorer: explore(demo.path),
      version: '1',
      host: '0.0.0.0',
      port: 0,
      token: null,
      pages: false,
    });
    try {
      expect(served.token).toMatch(/^[\w-]{32}$/);
      expect(served.address).toContain(`?token=${served.token}`);
      const at = `http://127.0.0.1:${served.port}`;
      expect((await fetch(`${at}/api/runs`)).status).toBe(401);
      expect((await fetch(`${at}/api/runs`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
      expect((await explorerClient({ address: at, token: served.token ?? '' }).listRuns({})).runs).toHaveLength(2);
      expect((await fetch(`${at}/api/runs?token=${served.token}`)).status).toBe(401);
    } finally {
      await served.close();
    }
  });

  test('sets the cookie from the address of the first page alone, out of the reach of scripts', async () => {
    const token = 'abcdefghijklmnop';
    const guarded = buildServer({ explorer, version: '1', host: '10.1.2.3', token, pages: null });
    guarded.get('/', () => 'page');
    const get = (url: string, headers = {}) =>
      guarded.inject({ method: 'GET', url, headers: { host: '10.1.2.3', ...headers } });
    expect((await get('/')).statusCode).toBe(401);
    expect((await get('/?token=abcdefghijklmnoq')).statusCode).toBe(401);
    const first = await get(`/?token=${token}`);
    expect([first.statusCode, first.headers.location]).toEqual([303, '/']);
    expect(first.headers['set-cookie']).toBe(`agentmmrec=${token}; Path=/; HttpOnly; SameSite=Strict`);
    expect((await get('/', { cookie: `a=b; agentmmrec=${token}` })).statusCode).toBe(200);
    expect((await get('/', { cookie: 'agentmmrec=x' })).statusCode).toBe(401);
    await guarded.close();
  });

  test('refuses a token that a header or a cookie could not carry', async () => {
    const request = { explorer, version: '1', host: '127.0.0.1', port: 0, pages: false };
    await expect(serveExplorer({ ...request, token: 'short' })).rejects.toThrow(/--token/);
    await expect(serveExplorer({ ...request, token: 'with space and more; x' })).rejects.toThrow(/--token/);
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
