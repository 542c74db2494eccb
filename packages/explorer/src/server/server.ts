import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import { AmrError } from '@agentmmrec/core';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { openApiDocument } from '../api/openapi.js';
import { eventsPath, type Operation } from '../api/paths.js';
import { type Route, routes } from '../api/routes.js';
import type { Explorer } from '../open.js';
import { boundConnections } from './connections.js';
import { Events, MOST_LISTENERS } from './events.js';
import { type Access, hasToken, isOurHost, securityHeaders, takeToken } from './guard.js';
import { handlersOf } from './handlers.js';
import { readPages } from './pages.js';
import { type Refusal, refusalOf } from './refusal.js';
import { reportRoutes } from './reportRoutes.js';

/** How a server is made. */
export interface ServerSettings extends Access {
  readonly explorer: Explorer;
  readonly version: string;
  /** folder of the built pages; null: the API alone */
  readonly pages: string | null;
  /** told of errors that are our own */
  readonly onError?: (error: unknown) => void;
  /** how long a client may take to send a request; 10 s */
  readonly requestMs?: number;
}

/** Headers and body of one request may take so long. */
const REQUEST_MS = 10_000;
/** A client may take nothing of an answer for so long. How long an answer is worked on is ours: the first of a run takes its time. */
const TAKING_MS = 30_000;
/** No question has a body. */
const BODY_BYTES = 1024;
const CONNECTIONS = 512;

/** The server, not listening yet: the API, events, pictures, reports and pages. */
export function buildServer(settings: ServerSettings): FastifyInstance {
  const { explorer, version, token, onError, requestMs = REQUEST_MS } = settings;
  const server = Fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: requestMs,
    keepAliveTimeout: REQUEST_MS,
    forceCloseConnections: true,
    http: { connectionsCheckingInterval: Math.max(100, requestMs / 4) },
    routerOptions: { maxParamLength: 1024 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true, allErrors: false } },
    // What the parser of HTTP or the router refuses has the same shape as everything else.
    frameworkErrors: (error, _request, reply) => void refuse(reply, refusalOf(error)),
    clientErrorHandler: (error, socket) => {
      if (!socket.writable) return;
      const body = JSON.stringify({
        error: 'request',
        got: error.code ?? 'broken HTTP',
        expected: 'a request of HTTP',
        hint: 'see /api/openapi.json',
      });
      const status = {
        HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
        ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
      }[error.code ?? ''];
      socket.end(
        `HTTP/1.1 ${status ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  });
  boundConnections(server.server, CONNECTIONS, requestMs);
  server.server.headersTimeout = requestMs;
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders);
    if (!isOurHost(request.headers.host, settings)) return refuse(reply, foreignHost(request.headers.host));
    if (token === null || hasToken(request, token)) return;
    if (request.routeOptions.url === '/' && takeToken(request, reply, token)) return reply;
    return refuse(reply, withoutToken());
  });
  server.addHook('onSend', async (request) => {
    const { socket } = request.raw;
    if (!(socket instanceof Socket)) return; // a request that was injected has no connection
    // Node ends a connection whose time is up, and sets the time anew with the end of the answer.
    socket.setTimeout(TAKING_MS);
  });
  server.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500) onError?.(error);
    return refuse(reply, refusal);
  });
  server.setNotFoundHandler((request, reply) => refuse(reply, unknownAddress(request.method, request.url)));
  addQuestions(server, settings);
  addEvents(server, explorer);
  addPicture(server, explorer);
  reportRoutes(server, explorer.workspace.reports);
  const document = openApiDocument(version);
  server.get('/api/openapi.json', () => document);
  if (settings.pages !== null) addPages(server, settings.pages);
  return server;
}

function addQuestions(server: FastifyInstance, { explorer, version }: ServerSettings): void {
  const handlers = handlersOf(explorer, version);
  for (const [name, { path, params, query, reply }] of Object.entries(routes) as [Operation, Route][]) {
    const answer = handlers[name] as (input: unknown) => unknown;
    server.get(
      path,
      { schema: { params, querystring: query, response: { 200: reply } } },
      async (request, response) => {
        void response.header('cache-control', 'no-store');
        return await answer({ ...(request.params as object), ...(request.query as object) });
      },
    );
  }
}

function addEvents(server: FastifyInstance, explorer: Explorer): void {
  const events = new Events(explorer);
  server.addHook('preClose', async () => events.close());
  server.get(eventsPath, (request, reply) => {
    if (events.count >= MOST_LISTENERS) {
      void refuse(reply, {
        status: 429,
        problem: {
          error: 'events',
          got: `${MOST_LISTENERS} listeners already`,
          expected: 'fewer',
          hint: 'close a page',
        },
      });
      return;
    }
    reply.hijack();
    request.raw.socket.setTimeout(0);
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...securityHeaders };
    reply.raw.writeHead(200, headers);
    events.add(reply.raw);
  });
}

function addPicture(server: FastifyInstance, explorer: Explorer): void {
  const { params } = routes.getItem;
  server.get('/api/items/:item/picture', { schema: { params } }, async (request, reply) => {
    const { catalog } = await explorer.data();
    const { path, type } = catalog.picture(catalog.place('item', (request.params as { item: string }).item));
    void reply.header('cache-control', 'private, max-age=3600').type(type);
    return reply.send(createReadStream(path));
  });
}

/** Every address of a page leads to the one document, whose script shows what the address means. */
function addPages(server: FastifyInstance, folder: string): void {
  const files = readPages(folder);
  const document = files.get('/index.html');
  if (!document) throw new Error('pages without a document');
  const send = (reply: FastifyReply, { body, type, isFixed }: typeof document) =>
    reply
      .header('cache-control', isFixed ? 'public, max-age=31536000, immutable' : 'no-cache')
      .type(type)
      .send(body);
  for (const [address, file] of files) {
    if (address !== '/index.html') server.get(address, (_request, reply) => send(reply, file));
  }
  for (const address of [
    '/',
    '/runs',
    '/runs/:run',
    '/compare',
    '/users',
    '/users/:user',
    '/items',
    '/items/:item',
    '/graphs',
    '/knowledge',
    '/reports',
  ]) {
    server.get(address, (_request, reply) => send(reply, document));
  }
}

function refuse(reply: FastifyReply, { status, problem }: Refusal): FastifyReply {
  return reply
    .code(status)
    .headers(securityHeaders)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(problem));
}

function unknownAddress(method: string, url: string): Refusal {
  const isOther = method !== 'GET' && method !== 'HEAD';
  const path = url.split('?')[0].slice(0, 200);
  return {
    status: isOther ? 405 : 404,
    problem: {
      error: 'address',
      got: `${method} ${path}`,
      expected: isOther ? 'GET: nothing here changes anything' : 'an address of this server',
      hint: 'see /api/openapi.json',
    },
  };
}

function foreignHost(host: string | undefined): Refusal {
  return {
    status: 403,
    problem: {
      error: 'host',
      got: JSON.stringify((host ?? '').slice(0, 100)),
      expected: 'the address that the server listens on',
      hint: 'open the address that agentmmrec serve printed, or start it with --host',
    },
  };
}

function withoutToken(): Refusal {
  return {
    status: 401,
    problem: {
      error: 'token',
      got: 'none, or another one',
      expected: 'the token of this server',
      hint: 'open the address that agentmmrec serve printed, or send "authorization: Bearer TOKEN"',
    },
  };
}

/** Where a server that listens is. */
export async function listen(
  server: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<{ port: number }> {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AmrError({
      what: `listening on ${host}:${port}`,
      got: code ?? String(cause),
      expected: 'an address and a port that are free',
      hint:
        code === 'EADDRINUSE'
          ? 'something listens there already; --port 0 takes any that is free'
          : 'check --host and --port',
      cause,
    });
  }
  const address = server.server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : port };
}
