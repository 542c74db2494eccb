import { join } from 'node:path';
import {
  cleanText,
  imageTypeOf,
  imageTypes,
  integer,
  type Log,
  type OptionValues,
  withDefaults,
  writeFileAtomic,
} from '@agentmmrec/core';
import type { TableRow } from '../files/cells.js';
import { imagesByName } from '../files/imageFile.js';
import { makeFolder } from '../files/makeFolder.js';
import { readTable } from '../files/table.js';
import { httpRequest, PassingFailure, pause, RefusedAddress, type Schedule } from './httpRequest.js';

/** How pictures are fetched. */
export const imageFetchOptions = {
  concurrency: integer(8, { min: 1, max: 64, help: 'requests at a time' }),
  idleTimeoutMs: integer(20_000, { min: 100, max: 600_000, help: 'longest silence of a server' }),
  mostBytes: integer(16 * 2 ** 20, { min: 1024, max: 64 * 2 ** 20, help: 'nothing larger is kept' }),
} as const;

/** Which pictures are fetched, and where to. */
export interface FetchImagesRequest extends Partial<OptionValues<typeof imageFetchOptions>> {
  /** a table with the columns `id` and `url`: TSV, or CSV by its name */
  readonly list: string;
  /** the folder to fill with `<id>.<type>` */
  readonly folder: string;
  /** for each image; default 3 */
  readonly attempts?: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly schedule?: Schedule;
  /** milliseconds since 1970; tests pass their own */
  readonly now?: () => number;
  /** For tests: how to wait for a number of milliseconds. */
  readonly wait?: (delayMs: number) => Promise<void>;
}

/** What became of the pictures of a list. */
export interface FetchedImages {
  readonly fetched: number;
  /** there before */
  readonly kept: number;
  readonly dead: readonly { readonly id: string; readonly url: string; readonly reason: string }[];
}

/**
 * Downloads the images of a list, several at a time. Images that are there are kept, so the same call goes on after an
 * interruption. What cannot be fetched is written with its reason to `dead-links.tsv` and is no error.
 * @throws AmrError input: the list; failed or input: the folder cannot be written
 */
export async function fetchImages(request: FetchImagesRequest): Promise<FetchedImages> {
  const { folder, list, log, signal } = request;
  const { concurrency } = withDefaults(imageFetchOptions, request);
  makeFolder(folder);
  const wanted = new Map<string, string>();
  const delimiter = list.endsWith('.csv') ? ',' : '\t';
  const onRow = (row: TableRow) => wanted.set(row.field('id') ?? '', row.field('url') ?? '');
  await readTable(list, { required: ['id', 'url'], optional: [] }, onRow, { delimiter });
  const there = imagesByName(folder, '.');
  const open = [...wanted].filter(([id]) => !there.has(id));
  const dead: { id: string; url: string; reason: string }[] = [];
  const progress = log.progress('fetching images', open.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < open.length && !signal?.aborted) {
      const [id, url] = open[next++];
      const reason = await fetchOne(id, url, request);
      if (reason !== null) dead.push({ id, url, reason });
      progress.update(++done, `${dead.length} dead`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, open.length) }, worker));
  } finally {
    progress.end();
  }
  signal?.throwIfAborted();
  dead.sort((a, b) => (a.id < b.id ? -1 : 1));
  writeDeadLinks(folder, dead);
  return { fetched: open.length - dead.length, kept: wanted.size - open.length, dead };
}

/** @returns why there is no image, or null when it is written */
async function fetchOne(id: string, url: string, request: FetchImagesRequest): Promise<string | null> {
  // The id becomes a file name.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(id)) return 'an id that cannot be a file name';
  const { attempts = 3, signal, wait = (delayMs) => pause(delayMs, signal) } = request;
  for (let failures = 1; ; failures++) {
    try {
      const bytes = await fetchBytes(url, request);
      const type = imageTypeOf(bytes);
      if (type === null) return `bytes that are no ${imageTypes}`;
      writeFileAtomic(join(request.folder, `${id}.${type}`), bytes);
      return null;
    } catch (cause) {
      if (cause instanceof PassingFailure) {
        if (failures >= attempts) return cause.message;
        await wait(500 * 2 ** failures);
      } else if (cause instanceof DeadLink || cause instanceof RefusedAddress) return cause.message;
      else throw cause;
    }
  }
}

/** A server that sends a byte now and then is never silent and never done. */
const mostMs = 120_000;

/** Nothing another attempt could change. */
class DeadLink extends Error {}

async function fetchBytes(url: string, request: FetchImagesRequest): Promise<Buffer> {
  const { signal, schedule } = request;
  const { idleTimeoutMs, mostBytes } = withDefaults(imageFetchOptions, request);
  const pieces: Buffer[] = [];
  const { now = Date.now } = request;
  const startedMs = now();
  await httpRequest(
    { url, idleTimeoutMs, ...(signal && { signal }), ...(schedule && { schedule }) },
    async (response) => {
      if (response.status !== 200) throw new DeadLink(`status ${response.status}`);
      let bytes = 0;
      for await (const piece of response.body) {
        bytes += piece.length;
        if (bytes > mostBytes) throw new DeadLink(`more than ${mostBytes} bytes`);
        if (now() - startedMs > mostMs) throw new DeadLink(`not whole after ${mostMs / 1000} s`);
        pieces.push(piece);
      }
    },
  );
  return Buffer.concat(pieces);
}

function writeDeadLinks(folder: string, dead: FetchedImages['dead']): void {
  const lines = dead.map(
    ({ id, url, reason }) => `${[id, url, reason].map((text) => cleanText(text).replace(/\s+/g, ' ')).join('\t')}\n`,
  );
  writeFileAtomic(join(folder, 'dead-links.tsv'), `id\turl\treason\n${lines.join('')}`);
}
