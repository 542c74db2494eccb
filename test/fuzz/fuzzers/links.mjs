// Pictures fetched from a server with every bad habit: each failure is one dead link.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import { fetchImages } from '@agentmmrec/datasets';
import { hostileServer } from '../hostileServer.mjs';

const gif = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');
const odd = [
  'http://127.0.0.1:1/',
  'ftp://x/',
  'http://[',
  'data:image/gif;base64,AA',
  '',
  'file:///etc/hosts',
  'http://a b/',
];

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'links', each: 4, least: 1_000 };

/** @returns fetches a list of four */
export async function prepare(folder) {
  const server = await hostileServer(() => gif);
  const list = join(folder, 'list.tsv');
  return async (random) => {
    server.next(random);
    const urls = Array.from({ length: counted.each }, (_, n) =>
      random.integer(4) === 0 ? odd[random.integer(odd.length)] : `http://127.0.0.1:${server.port}/${n}`,
    );
    writeFileSync(list, `id\turl\n${urls.map((url, n) => `i${n}\t${url}\n`).join('')}`);
    const out = join(folder, 'images');
    rmSync(out, { recursive: true, force: true });
    const { fetched, dead } = await fetchImages({
      list,
      folder: out,
      idleTimeoutMs: 100,
      mostBytes: 1_000_000,
      log: silentLog,
      wait: async () => {},
    });
    if (fetched + dead.length !== urls.length)
      throw new Error(`${fetched} fetched and ${dead.length} dead of ${urls.length}`);
  };
}
