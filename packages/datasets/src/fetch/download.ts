import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AmrError, fileError, type Log, type Progress, writeFileAtomic } from '@agentmmrec/core';
import { makeFolder } from '../files/makeFolder.js';
import {
  type HttpResponse,
  httpRequest,
  PassingFailure,
  pause,
  RefusedAddress,
  refusedAddress,
  type Schedule,
} from './httpRequest.js';

/** A digest and who states it. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha256';
  /** hexadecimal, lower case */
  readonly digest: string;
}

export interface DownloadRequest {
  readonly url: string;
  /** where the file goes; what is there so far lies in `<path>.part` */
  readonly path: string;
  /** nothing larger is kept */
  readonly mostBytes: number;
  readonly checksum?: Checksum;
  /** attempts without progress before giving up; default 5 */
  readonly attempts?: number;
  /** default 30,000 */
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly log: Log;
  /** tests pass their own clock */
  readonly schedule?: Schedule;
  /** waits between attempts */
  readonly wait?: (delayMs: number) => Promise<void>;
}

const megabyte = 1e6;

/** Told how many bytes are there, and how many there will be where the server states it. */
type OnBytes = (bytes: number, total: number | undefined) => void;

/**
 * Downloads a file: goes on where an earlier attempt or run ended (when the server can), tries again after passing failures,
 * verifies length and checksum, and gives the file its name only when it is whole.
 * @returns its SHA-256
 * @throws AmrError failed: no progress in several attempts, a wrong checksum; input: refused, too large, another host
 */
export async function download(request: DownloadRequest): Promise<string> {
  makeFolder(dirname(request.path));
  const part = `${request.path}.part`;
  const label = `downloading ${new URL(request.url).pathname.split('/').pop()}, MB`;
  let progress: Progress | undefined;
  try {
    const begun = Math.floor(sizeOf(part) / megabyte);
    await attemptUntilWhole(request, part, (bytes, total) => {
      // The server says how much there is; before its first answer there is nothing to show.
      progress ??= request.log.progress(label, total && Math.ceil(total / megabyte), {
        begun: bytes < begun * megabyte ? 0 : begun,
      });
      progress.update(Math.floor(bytes / megabyte));
    });
    const found = await digestFile(part, request.checksum?.algorithm ?? 'sha256');
    if (request.checksum && found !== request.checksum.digest) {
      removePart(part);
      throw wrongChecksum(request.url, found, request.checksum);
    }
    const sha256 = request.checksum?.algorithm === 'sha256' ? found : await digestFile(part, 'sha256');
    renameSync(part, request.path);
    removePart(part);
    return sha256;
  } catch (cause) {
    if (cause instanceof RefusedAddress) throw refusedAddress(request.url, cause);
    throw cause instanceof PassingFailure || request.signal?.aborted
      ? cause
      : fileError(`downloading ${request.url}`, cause);
  } finally {
    progress?.end();
  }
}

async function attemptUntilWhole(request: DownloadRequest, part: string, onBytes: OnBytes) {
  const { attempts = 5, signal, wait = (delayMs) => pause(delayMs, signal) } = request;
  for (let failures = 0; ; ) {
    const before = sizeOf(part);
    try {
      await attempt(request, part, onBytes);
      return;
    } catch (cause) {
      if (!(cause instanceof PassingFailure)) throw cause;
      failures = sizeOf(part) > before ? 1 : failures + 1;
      if (failures >= attempts) throw gaveUp(request.url, attempts, cause);
      request.log.info(`${request.url}: ${cause.message}; trying again`);
      await wait(Math.min(30_000, 500 * 2 ** failures));
    }
  }
}

/** One request, from where the part ends. The tag keeps pieces of two versions of a file apart. */
async function attempt(request: DownloadRequest, part: string, onBytes: OnBytes): Promise<void> {
  const { url, idleTimeoutMs = 30_000, signal, schedule } = request;
  const tag = sizeOf(part) > 0 ? readTag(part) : undefined;
  const start = tag === undefined ? 0 : sizeOf(part);
  const headers: Record<string, string> = tag === undefined ? {} : { range: `bytes=${start}-`, 'if-range': tag };
  await httpRequest(
    { url, headers, idleTimeoutMs, ...(signal && { signal }), ...(schedule && { schedule }) },
    async (response) => {
      if (response.status === 416 && start > 0) {
        removePart(part);
        throw new PassingFailure('the part on disk does not fit the file');
      }
      if (response.status !== 200 && response.status !== 206) throw refused(url, response.status);
      const resumed = response.status === 206 && start > 0;
      if (resumed && !response.header('content-range')?.startsWith(`bytes ${start}-`)) {
        removePart(part);
        throw new PassingFailure('the server sends another range than was asked for');
      }
      await receive(request, part, response, resumed ? start : 0, onBytes);
    },
  );
}

async function receive(
  request: DownloadRequest,
  part: string,
  response: HttpResponse,
  start: number,
  onBytes: OnBytes,
): Promise<void> {
  const stated = response.header('content-length');
  const total = stated === undefined ? undefined : start + Number(stated);
  if (total !== undefined && total > request.mostBytes) throw tooLarge(request, `${total} bytes`);
  if (start === 0) {
    removePart(part);
    const tag = response.header('etag') ?? response.header('last-modified');
    // A weak tag promises no equal bytes.
    if (tag && !tag.startsWith('W/')) writeFileAtomic(`${part}.tag`, tag);
  }
  const file: FileHandle = await open(part, start === 0 ? 'w' : 'a');
  let bytes = start;
  try {
    for await (const piece of response.body) {
      bytes += piece.length;
      if (bytes > request.mostBytes) throw tooLarge(request, `more than ${request.mostBytes} bytes`);
      await file.write(piece);
      onBytes(bytes, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== undefined && bytes !== total) throw new PassingFailure(`${bytes} of ${total} bytes came`);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function readTag(part: string): string | undefined {
  return existsSync(`${part}.tag`) ? readFileSync(`${part}.tag`, 'utf8') : undefined;
}

function removePart(part: string): void {
  rmSync(part, { force: true });
  rmSync(`${part}.tag`, { force: true });
}

/** Digest of a file, read in pieces. */
export async function digestFile(path: string, algorithm: 'md5' | 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function refused(url: string, status: number): AmrError {
  return new AmrError({
    what: url,
    got: `status ${status}`,
    expected: '200',
    hint: 'the file may have moved: see the source of the data set, and place the file yourself',
  });
}

function gaveUp(url: string, attempts: number, cause: PassingFailure): AmrError {
  return new AmrError({
    what: url,
    got: `${attempts} attempts without progress, the last: ${cause.message}`,
    expected: 'the file',
    hint: 'run the same command later: it goes on where it ended',
    kind: 'failed',
    cause,
  });
}

function tooLarge({ url, mostBytes }: DownloadRequest, got: string): AmrError {
  return new AmrError({
    what: url,
    got,
    expected: `at most ${mostBytes} bytes`,
    hint: 'this is not the expected file',
  });
}

function wrongChecksum(url: string, got: string, { algorithm, digest }: Checksum): AmrError {
  return new AmrError({
    what: url,
    got: `${algorithm} ${got}`,
    expected: `${algorithm} ${digest}`,
    hint: 'the download was removed; run the command again, and if it repeats the file at the source has changed',
    kind: 'failed',
  });
}
