// Hostile requests to the server of a workspace: damaged addresses, ids that climb, huge numbers, foreign hosts, bodies, bytes that are
// no HTTP. Every answer is a success or a 4xx in the one shape, nothing outside the workspace is in it, and the server goes on.
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { Explorer, serveExplorer } from '@agentmmrec/explorer';
import { openDevice } from '@agentmmrec/kernels';
import { demoWorkspace } from '../../../packages/explorer/dist/testing/demoWorkspace.js';
import { damaged } from '../damage.mjs';

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'requests', each: 24, least: 20_000 };

const secret = 'outside-of-the-workspace-9d1c';
const climbing = [
  '..',
  '../..',
  '../secret.txt',
  '..%2fsecret.txt',
  '%2e%2e/secret.txt',
  '/etc/passwd',
  'C:\\secret.txt',
  'secret.txt%00.html',
];
const huge = ['1e9', '99999999999999999999', '-1', 'NaN', '0x10', '1.5', '٣', ''];
const odd = [
  '\u0000',
  '\u202e',
  '%',
  '%zz',
  '%ff%fe',
  '😀',
  '<script>',
  "';--",
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'y'.repeat(9000),
];

/** @returns sends some requests and looks at what comes back */
export async function prepare(folder) {
  const demo = await demoWorkspace({ users: 30, items: 40, epochs: 1 });
  const root = dirname(demo.path);
  writeFileSync(join(root, 'secret.txt'), secret);
  writeFileSync(join(folder, 'secret.txt'), secret);
  const explorer = new Explorer({
    workspace: demo.path,
    data: 'catalog',
    load: async (name) => await loadDataset(name, { workspace: demo.path, splitSeed: 7, log: silentLog }),
    device: () => openDevice('cpu', { threads: 1 }),
  });
  let failure = null;
  const onError = (error) => {
    failure = error;
  };
  const { port } = await serveExplorer({
    explorer,
    version: '1',
    host: '127.0.0.1',
    port: 0,
    token: null,
    pages: false,
    onError,
  });
  const good = [
    '/api/status',
    '/api/data',
    '/api/runs',
    `/api/runs/${demo.plainRun}`,
    `/api/compare?runs=${demo.plainRun},${demo.knowledgeRun}`,
    '/api/jobs',
    '/api/knowledge',
    '/api/search?q=a',
    '/api/users?q=1&limit=5&offset=2',
    '/api/users/user-0001',
    '/api/users/user-0001/knowledge?version=1',
    '/api/users/user-0001/difference?from=1&to=1',
    '/api/users/user-0001/neighbours?graph=bmu&k=5',
    '/api/items/item-0001/neighbours?graph=rti&k=5',
    '/api/items/item-0001/similar?k=5',
    '/api/items/item-0001/picture',
    `/api/recommend?user=user-0001&k=5&run=${demo.knowledgeRun}&rerank=auto&why=true`,
    '/api/explain?user=user-0001&item=item-0002',
    '/api/graph?kind=item&id=item-0001&graphs=bmi,raw&k=4',
    '/reports/index.html',
  ];
  return async (random) => {
    const pick = (list) => list[random.integer(list.length)];
    for (let n = 0; n < counted.each - 1; n++) {
      const hostile = pick([climbing, huge, odd]);
      let path = pick(good);
      // One id, number or name takes the place of another, or bytes of the address change.
      if (random.integer(3) > 0)
        path = path.replace(
          pick([/[^/?=&,]+$/, /=[^&]*/, /user-\d+|item-\d+/, /\?.*/]),
          (found) => `${found.startsWith('=') ? '=' : ''}${pick(hostile)}`,
        );
      else path = damaged(Buffer.from(path), random).toString('latin1');
      const method = random.integer(8) === 0 ? pick(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) : 'GET';
      const host =
        random.integer(10) === 0 ? pick(['evil.example', '', '127.0.0.1.evil', '[::1']) : `127.0.0.1:${port}`;
      const body = method === 'POST' || method === 'PUT' ? 'z'.repeat(random.integer(5000)) : '';
      judge(await ask(port, { path: sendable(path), method, host, body }), path);
    }
    await nonsense(port, damaged(Buffer.from(`GET ${pick(good)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`), random));
    judge(await ask(port, { path: '/api/status', method: 'GET', host: '127.0.0.1', body: '' }), 'afterwards', 200);
    if (failure) throw new Error(`an error of the server's own: ${failure.stack}`);
  };
}

/** An address that the client of Node sends: what it refuses is spelled in percent. */
function sendable(path) {
  const spelled = path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()));
  return spelled.startsWith('/') ? spelled : `/${spelled}`;
}

function judge({ status, body, type }, path, wanted) {
  const about = `${path.slice(0, 120)}: ${status} ${body.slice(0, 200)}`;
  if (wanted !== undefined && status !== wanted) throw new Error(`not ${wanted}, ${about}`);
  if (status < 200 || status >= 500) throw new Error(`no refusal, ${about}`);
  if (body.includes(secret) || body.includes('root:x:')) throw new Error(`a file from outside, ${about}`);
  if (status < 400 || body === '') return;
  const keys = type.startsWith('application/json') ? Object.keys(JSON.parse(body)).join() : type;
  if (keys !== 'error,got,expected,hint') throw new Error(`another shape, ${about}`);
}

function ask(port, { path, method, host, body }) {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: { host, 'content-type': 'text/plain', 'content-length': body.length },
    });
    sent.on('response', (reply) => {
      let text = '';
      reply.setEncoding('latin1').on('data', (piece) => {
        text += piece;
      });
      reply.on('end', () =>
        resolve({ status: reply.statusCode, body: text, type: reply.headers['content-type'] ?? '' }),
      );
      reply.on('error', reject);
    });
    // A body that is too large may be refused while it is sent.
    sent.on('error', (error) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET'
        ? resolve({ status: 413, body: '', type: '' })
        : reject(error),
    );
    sent.end(body);
  });
}

/** Bytes that may be no HTTP: whatever comes back, the connection ends. */
function nonsense(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(200, () => socket.destroy());
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
}
