import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { silentLog } from '@agentmmrec/core';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { findPublishedCounts } from '../dataset/publishedCounts.js';
import { errorOf, newFolder, removeFolders } from '../testing/folders.js';
import { datasetCatalogue } from './datasetCatalogue.js';
import { type DownloadRequest, download } from './download.js';
import { fetchDataset } from './fetchDataset.js';
import { fetchImages } from './fetchImages.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(removeFolders);

/** A server on the loopback device. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const content = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7) % 256));
const sha256 = createHash('sha256').update(content).digest('hex');
const wait = async () => {};

function request(url: string, more: Partial<DownloadRequest> = {}): DownloadRequest {
  return {
    url: `${url}/file.bin`,
    path: join(newFolder(), 'file.bin'),
    mostBytes: 10_000,
    log: silentLog,
    wait,
    ...more,
  };
}

describe('download', () => {
  test('goes on where the connection broke, with the same version of the file', async () => {
    const ranges: (string | undefined)[] = [];
    const url = await serve((asked, response) => {
      ranges.push(asked.headers.range);
      const start = Number(/bytes=(\d+)-/.exec(asked.headers.range ?? '')?.[1] ?? 0);
      expect(asked.headers['if-range']).toBe(start > 0 ? '"v1"' : undefined);
      response.writeHead(start > 0 ? 206 : 200, {
        etag: '"v1"',
        'content-length': content.length - start,
        ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      // Two connections break after 2000 bytes each, a while after: a reader that is told of the end first loses what it has not read.
      if (content.length - start > 2000)
        response.write(content.subarray(start, start + 2000), () => setTimeout(() => response.socket?.end(), 50));
      else response.end(content.subarray(start));
    });
    const asked = request(url, { attempts: 50 });
    expect(await download(asked)).toBe(sha256);
    expect(readFileSync(asked.path).equals(content)).toBe(true);
    // A break may come before anything was read: then the same piece is asked for again.
    expect(new Set(ranges)).toEqual(new Set([undefined, 'bytes=2000-', 'bytes=4000-']));
    expect(readdirSync(join(asked.path, '..'))).toEqual(['file.bin']);
  });

  test('a file that changed meanwhile is fetched anew, not mixed', async () => {
    const asked = request(await serve((_, response) => response.writeHead(200, { etag: '"v2"' }).end(content)));
    writeFileSync(`${asked.path}.part`, 'old bytes');
    writeFileSync(`${asked.path}.part.tag`, '"v1"');
    expect(await download(asked)).toBe(sha256);
    expect(readFileSync(asked.path).equals(content)).toBe(true);
  });

  test('passing failures are tried again, then given up', async () => {
    let calls = 0;
    const waits: number[] = [];
    const url = await serve((_, response) => {
      calls++;
      response.writeHead(503).end();
    });
    const error = await errorOf(() =>
      download(
        request(url, {
          attempts: 3,
          wait: async (delayMs) => {
            waits.push(delayMs);
          },
        }),
      ),
    );
    expect([calls, waits, error.kind]).toEqual([3, [1000, 2000], 'failed']);
    expect(error.message).toContain('3 attempts without progress, the last: the server answers 503');
  });

  test('a silent server is left when the clock says so', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 5000 });
      response.write(content.subarray(0, 10));
    });
    const schedule = (work: () => void) => {
      const timer = setImmediate(() => setImmediate(work));
      return () => clearImmediate(timer);
    };
    const error = await errorOf(() => download(request(url, { attempts: 2, schedule, idleTimeoutMs: 30_000 })));
    expect(error.message).toContain('the server is silent for 30000 ms');
  });

  test('a wrong checksum leaves nothing behind', async () => {
    const url = await serve((_, response) => response.end(content));
    const asked = request(url, { checksum: { algorithm: 'sha256', digest: '0'.repeat(64) } });
    const error = await errorOf(() => download(asked));
    expect(error.message).toContain(`got sha256 ${sha256}, expected sha256 000`);
    expect(readdirSync(join(asked.path, '..'))).toEqual([]);
  });

  test('redirects stay on their host', async () => {
    const same = await serve((asked, response) => {
      if (asked.url === '/file.bin') response.writeHead(302, { location: '/moved' }).end();
      else response.end(content);
    });
    expect(await download(request(same))).toBe(sha256);
    let asked = 0;
    const other = (await serve((_, response) => response.end(`${++asked}`))).replace('127.0.0.1', 'localhost');
    const leads = await serve((_, response) => response.writeHead(302, { location: `${other}/file.bin` }).end());
    const error = await errorOf(() => download(request(leads)));
    expect([error.kind, error.got, asked]).toEqual(['input', `a redirect to another host, ${new URL(other).host}`, 0]);
    const circle = await serve((_, response) => response.writeHead(301, { location: '/file.bin' }).end());
    expect((await errorOf(() => download(request(circle)))).message).toContain('more than 5 redirects');
  });

  test('too large is refused, stated or not; so is a missing file, at once', async () => {
    const stated = await serve((_, response) => response.end(content));
    expect((await errorOf(() => download(request(stated, { mostBytes: 100 })))).message).toContain('at most 100 bytes');
    const unstated = await serve((_, response) => {
      response.write(content);
      response.end(content);
    });
    expect((await errorOf(() => download(request(unstated, { mostBytes: 6000 })))).message).toContain('more than 6000');
    let calls = 0;
    const missing = await serve((_, response) => response.writeHead(404).end(`${++calls}`));
    expect((await errorOf(() => download(request(missing)))).got).toBe('status 404');
    expect(calls).toBe(1);
  });
});

/** A ZIP archive of deflated files. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(crc32(text), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    parts.push(header, Buffer.from(name), packed);
    directory.push(entry, Buffer.from(name));
    at += 30 + name.length + packed.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, table, end]);
}

describe('fetchDataset', () => {
  const catalogue = (url: string) => [
    {
      name: 'tiny',
      title: 'Tiny',
      source: url,
      licence: 'CC0',
      counts: 'ml-latest-small',
      files: [
        { url: `${url}/tiny.zip`, fileName: 'tiny.zip', bytes: null, mostBytes: 10_000, unpack: ['tiny/ratings.csv'] },
      ],
    },
  ];

  test('unpacks, records digests, and notices a file that changed', async () => {
    let archive = zipOf({ 'tiny/ratings.csv': 'userId,movieId\n'.repeat(50), '../evil': 'x' });
    const url = await serve((_, response) => response.end(archive));
    const folder = newFolder();
    const fetch = () => fetchDataset({ name: 'tiny', folder, log: silentLog, catalogue: catalogue(url), wait });
    const first = await fetch();
    expect(first.files[0]).toMatchObject({ verification: 'unverified', downloaded: true });
    expect(first.expected).toEqual({ users: 610, items: 9724, interactions: 100_836 });
    expect(readdirSync(folder).sort()).toEqual(['fetched.json', 'ratings.csv', 'tiny.zip']);
    expect(readFileSync(join(folder, 'ratings.csv'), 'utf8')).toContain('userId');
    expect((await fetch()).files[0]).toMatchObject({ verification: 'same as first download', downloaded: false });
    archive = Buffer.concat([archive, Buffer.from('changed')]);
    writeFileSync(join(folder, 'tiny.zip'), archive);
    expect((await errorOf(fetch)).message).toContain('not the one that was fetched first');
  });

  test('a published checksum is compared, at the download and later', async () => {
    const archive = zipOf({ 'tiny/ratings.csv': 'userId,movieId\n' });
    const url = await serve((_, response) => response.end(archive));
    const fetchWith = (digest: string, folder: string) => {
      const [entry] = catalogue(url);
      const checksum = { algorithm: 'sha256' as const, digest, source: 'a page' };
      const checked = [{ ...entry, files: entry.files.map((file) => ({ ...file, checksum })) }];
      return fetchDataset({ name: 'tiny', folder, log: silentLog, catalogue: checked, wait });
    };
    const folder = newFolder();
    const right = createHash('sha256').update(archive).digest('hex');
    expect((await fetchWith(right, folder)).files[0].verification).toBe('published checksum');
    writeFileSync(join(folder, 'tiny.zip'), 'other');
    expect((await errorOf(() => fetchWith(right, folder))).kind).toBe('failed');
    const other = newFolder();
    expect((await errorOf(() => fetchWith('0'.repeat(64), other))).message).toContain('expected sha256 000');
    expect(readdirSync(other)).toEqual([]);
  });

  test('every entry of the catalogue says where its files lie, under what licence, and how they are verified', () => {
    for (const { name, source, licence, counts, files } of datasetCatalogue) {
      expect([name, findPublishedCounts(counts)?.interactions]).toEqual([name, expect.any(Number)]);
      expect([source, licence]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/research use/)]);
      for (const { url, bytes, mostBytes, checksum } of files) {
        expect(url).toMatch(/^https:/);
        expect(bytes ?? 0).toBeLessThan(mostBytes);
        if (checksum)
          expect([checksum.digest, checksum.source]).toEqual([
            expect.stringMatching(/^[0-9a-f]{64}$/),
            expect.any(String),
          ]);
      }
    }
  });

  test('a damaged archive is refused and leaves no half file', async () => {
    const archive = zipOf({ 'tiny/ratings.csv': 'userId,movieId\n'.repeat(50) });
    archive[50] ^= 0xff;
    const url = await serve((_, response) => response.end(archive));
    const folder = newFolder();
    const error = await errorOf(() =>
      fetchDataset({ name: 'tiny', folder, log: silentLog, catalogue: catalogue(url), wait }),
    );
    expect(error.kind).toBe('input');
    expect(readdirSync(folder).sort()).toEqual(['fetched.json', 'tiny.zip']);
  });

  test('an unknown name names the nearest', async () => {
    const error = await errorOf(() => fetchDataset({ name: 'bady', folder: newFolder(), log: silentLog }));
    expect(error.message).toContain('did you mean "baby"?');
  });
});

describe('fetchImages', () => {
  test('keeps what is an image, reports the rest, and goes on', async () => {
    const png = await sharp({ create: { width: 3, height: 3, channels: 3, background: 'blue' } })
      .png()
      .toBuffer();
    const asked: string[] = [];
    let most = 0;
    let open = 0;
    // The first answer waits for the second request, which shows that two are under way at a time.
    let second = () => {};
    const secondAsked = new Promise<void>((resolve) => {
      second = resolve;
    });
    const url = await serve((incoming, response) => {
      asked.push(incoming.url ?? '');
      most = Math.max(most, ++open);
      const end = (status: number, body: string | Buffer, headers = {}) =>
        (asked.length === 1 ? secondAsked : Promise.resolve()).then(() => {
          open--;
          response.writeHead(status, headers).end(body);
        });
      if (asked.length === 2) second();
      if (incoming.url?.startsWith('/good')) end(200, png, { 'content-type': 'text/plain' });
      else if (incoming.url === '/page') end(200, '<html>', { 'content-type': 'image/png' });
      else if (incoming.url === '/large') end(200, Buffer.concat([png, Buffer.alloc(5000)]));
      else if (incoming.url === '/circle') end(302, '', { location: '/circle' });
      else if (incoming.url === '/nowhere') end(302, '', { location: 'http://[' });
      else if (incoming.url === '/upgrade') {
        open--;
        incoming.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
      } else if (incoming.url === '/drawing') end(200, '<svg xmlns="http://www.w3.org/2000/svg"/>');
      else if (incoming.url === '/away') end(302, '', { location: 'http://localhost:9/x.png' });
      else end(incoming.url === '/down' ? 500 : 404, '');
    });
    const folder = newFolder();
    const list = join(newFolder(), 'image-urls.tsv');
    const rows = [
      ...['a', 'b', 'c', 'd'].map((id) => [id, `${url}/good-${id}`]),
      ...['page', 'large', 'circle', 'nowhere', 'upgrade', 'drawing', 'away', 'gone', 'down'].map((id) => [
        id,
        `${url}/${id}`,
      ]),
      ['file', 'file:///etc/passwd'],
      ['../up', `${url}/good-up`],
    ];
    writeFileSync(list, `id\turl\n${rows.map((row) => `${row.join('\t')}\n`).join('')}`);
    const fetch = () => fetchImages({ list, folder, concurrency: 2, mostBytes: 4000, log: silentLog, wait });
    const first = await fetch();
    expect([first.fetched, first.kept, most]).toEqual([4, 0, 2]);
    expect(first.dead.map(({ id, reason }) => [id, reason])).toEqual([
      ['../up', 'an id that cannot be a file name'],
      ['away', 'a redirect to another host, localhost:9'],
      ['circle', 'more than 5 redirects'],
      ['down', 'the server answers 500'],
      ['drawing', 'bytes that are no JPEG, PNG, GIF, WebP, AVIF or TIFF'],
      ['file', 'an address that is not http or https'],
      ['gone', 'status 404'],
      ['large', 'more than 4000 bytes'],
      ['nowhere', 'a redirect to something that is no address'],
      ['page', 'bytes that are no JPEG, PNG, GIF, WebP, AVIF or TIFF'],
      ['upgrade', 'status 101, another protocol'],
    ]);
    expect(asked.filter((path) => path === '/down')).toHaveLength(3);
    expect(readFileSync(join(folder, 'dead-links.tsv'), 'utf8')).toContain('gone\t');
    expect(readFileSync(join(folder, 'a.png')).equals(png)).toBe(true);
    expect(existsSync(join(folder, '..', 'up.png'))).toBe(false);
    expect(await fetch()).toMatchObject({ fetched: 0, kept: 4 });
  });

  test('a server that sends a byte now and then is given up', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => (response.destroyed ? clearInterval(drip) : response.write('x')), 5);
    });
    const list = join(newFolder(), 'image-urls.tsv');
    writeFileSync(list, `id\turl\na\t${url}/a\n`);
    let clock = 0;
    const { dead } = await fetchImages({
      list,
      folder: newFolder(),
      log: silentLog,
      wait,
      now: () => (clock += 50_000),
    });
    expect(dead.map(({ reason }) => reason)).toEqual(['not whole after 120 s']);
  });
});
