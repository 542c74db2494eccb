import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { explorerClient } from '../client/client.js';
import { Explorer } from '../open.js';
import { serveExplorer } from '../serve.js';
import { buildServer, listen } from './server.js';

// Who may ask and who is let go, on a workspace with nothing in it.

let workspace: string;
let explorer: Explorer;
let server: FastifyInstance;
let address: string;

function explore(): Explorer {
  return new Explorer({
    workspace,
    data: null,
    load: async (name) => await loadDataset(name, { workspace, splitSeed: 7, log: silentLog }),
    device: () => openDevice('cpu', { threads: 1 }),
  });
}

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'agentmmrec-guard-'));
  explorer = explore();
  server = buildServer({ explorer, version: '9.9.9', host: '127.0.0.1', token: null, pages: null, requestMs: 400 });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  await server.close();
  await explorer.close();
  rmSync(workspace, { recursive: true });
});

async function ask(path: string, headers: Record<string, string> = {}) {
  const reply = await server.inject({ method: 'GET', url: path, headers: { host: '127.0.0.1', ...headers } });
  return { status: reply.statusCode, headers: reply.headers };
}

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
      explorer: explore(),
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
      expect((await explorerClient({ address: at, token: served.token ?? '' }).listRuns({})).runs).toEqual([]);
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
