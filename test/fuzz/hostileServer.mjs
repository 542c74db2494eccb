import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { damaged } from './damage.mjs';

const types = ['application/json', 'text/html', 'application/x-ndjson', 'image/png', 'text/plain; charset=utf-16', ''];
const statuses = [
  200, 200, 200, 200, 200, 204, 206, 301, 302, 307, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 599,
];

/**
 * A server on 127.0.0.1 with every bad habit: `next` draws how it answers from then on: wrong states, headers that lie, bodies that are
 * damaged, huge, nested, encoded otherwise, dripping or broken off.
 * @param good bytes that would be a right answer
 * @param spared addresses that are mostly answered rightly
 */
export async function hostileServer(good, spared = () => false) {
  let draw = () => 0;
  const server = createServer((request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume();
    request.on('end', () => {
      const right = good(request.url ?? '');
      if (spared(request.url ?? '') && draw(8) > 0) response.end(right);
      else answer(request, response, right, draw);
    });
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    next(random) {
      draw = (bound) => random.integer(bound);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(request, response, good, draw) {
  const random = { integer: draw };
  const { socket } = request;
  switch (draw(16)) {
    case 0:
      return socket.destroy();
    case 1: // less than was announced
      response.writeHead(200, { 'content-length': String(good.length + 1 + draw(1000)) });
      response.write(good);
      return setImmediate(() => socket.destroy());
    case 2: // more than was announced, and no HTTP at all
      return socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${draw(10)}\r\n\r\n${good}`);
    case 3:
      return socket.end(damaged(Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}'), random));
    case 4: // pieces of a wrong length
      return socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${draw(99)}\r\n${good}\r\n0\r\n\r\n`);
    case 5: // a coding that it is not
      response.writeHead(200, { 'content-encoding': ['gzip', 'br', 'deflate', 'none', 'gzip, gzip'][draw(5)] });
      return response.end(good);
    case 6: {
      const packed = gzipSync(Buffer.alloc(1 + draw(8_000_000), 32));
      response.writeHead(200, { 'content-encoding': 'gzip' });
      return response.end(draw(2) === 0 ? packed : damaged(packed, random));
    }
    case 7:
      return response.end(Buffer.alloc(1 + draw(8_000_000), 32));
    case 8: {
      const depth = 1 + draw(100_000);
      return response.end(draw(2) === 0 ? '['.repeat(depth) : `${'{"message":'.repeat(depth)}1${'}'.repeat(depth)}`);
    }
    case 9:
      return response.end(Buffer.from(good.toString('latin1'), 'utf16le'));
    case 10: // a drip
      response.writeHead(200);
      for (let n = 0; n < 20; n++)
        setTimeout(() => !response.destroyed && response.write(good.subarray(n, n + 1)), 2 * n);
      return setTimeout(() => (draw(2) === 0 ? socket.destroy() : response.end()), 45);
    default: {
      const status = statuses[draw(statuses.length)];
      const headers = { 'content-type': types[draw(types.length)] };
      if (status > 300 && status < 400)
        headers.location = ['/again', '', '//', 'http://127.0.0.1:1/', 'file:///etc/hosts', '%', 'http://[::'][draw(7)];
      if (status === 429 || status === 503)
        headers['retry-after'] = ['0', '-5', '1e9', 'soon', '', 'Fri, 31 Dec 9999 23:59:59 GMT', '0.01'][draw(7)];
      response.writeHead(status, headers);
      return response.end(draw(3) === 0 ? good : damaged(good, random));
    }
  }
}
