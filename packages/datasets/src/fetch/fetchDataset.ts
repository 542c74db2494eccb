import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AmrError, fileError, type Log, nearestName, writeFileAtomic } from '@agentmmrec/core';
import { findPublishedCounts } from '../dataset/publishedCounts.js';
import { unzipFile } from '../files/zipArchive.js';
import { type CatalogueEntry, type CatalogueFile, datasetCatalogue } from './datasetCatalogue.js';
import { digestFile, download } from './download.js';
import type { Schedule } from './httpRequest.js';

/** Which public data set is fetched, and where to. */
export interface FetchRequest {
  readonly name: string;
  /** the folder to fill */
  readonly folder: string;
  /** titles, descriptions and image features too; default true */
  readonly content?: boolean;
  readonly log: Log;
  readonly signal?: AbortSignal;
  readonly idleTimeoutMs?: number;
  /** tests fetch from their own server, clock and waits */
  readonly catalogue?: readonly CatalogueEntry[];
  readonly schedule?: Schedule;
  /** For tests: how to wait for a number of milliseconds. */
  readonly wait?: (delayMs: number) => Promise<void>;
}

/** How far a file can be trusted. */
export type Verification = 'published checksum' | 'same as first download' | 'unverified';

export interface FetchedFile {
  readonly fileName: string;
  readonly sha256: string;
  readonly verification: Verification;
  /** false when it was there already */
  readonly downloaded: boolean;
}

/** What a fetch left, and what is known of its files. */
export interface FetchedDataset {
  readonly name: string;
  readonly folder: string;
  readonly source: string;
  readonly licence: string;
  /** what a right preparation must find; null where nobody states it */
  readonly expected: { readonly users: number; readonly items: number; readonly interactions: number } | null;
  readonly files: readonly FetchedFile[];
}

const recordName = 'fetched.json';

/**
 * Downloads a public data set of the catalogue into a folder that `prepareDataset` reads. Files that are there are kept after their
 * digest was compared; interrupted downloads go on. The digests of first downloads are recorded in `fetched.json`.
 * @throws AmrError input: an unknown name, a refused or moved file; failed: no progress, another digest than stated or recorded
 */
export async function fetchDataset(request: FetchRequest): Promise<FetchedDataset> {
  const { name, folder, catalogue = datasetCatalogue, content = true } = request;
  const entry = catalogue.find((candidate) => candidate.name === name);
  if (!entry) throw unknownName(name, catalogue);
  const wanted = entry.files.filter((candidate) => content || !candidate.content);
  request.log.info(
    `${entry.title}; source ${entry.source}; licence: ${entry.licence}; size: ${sizeOfFiles(wanted)}; checksum: ${checksumOfFiles(wanted)}`,
  );
  const recorded = readRecord(folder);
  const files: FetchedFile[] = [];
  for (const file of wanted) {
    const fetched = await fetchFile(file, request, recorded[file.fileName]);
    recorded[file.fileName] = fetched.sha256;
    writeFileAtomic(join(folder, recordName), `${JSON.stringify(recorded, null, 2)}\n`);
    files.push(fetched);
    for (const inner of file.unpack ?? []) {
      const target = join(folder, basename(inner));
      if (fetched.downloaded || !existsSync(target)) {
        await unzipFile(join(folder, file.fileName), inner, target, 8 * file.mostBytes);
      }
    }
  }
  const counts = findPublishedCounts(entry.counts);
  const expected = counts && { users: counts.users, items: counts.items, interactions: counts.interactions };
  return { name, folder, source: entry.source, licence: entry.licence, expected: expected ?? null, files };
}

/** `978202 bytes`, or that nobody states it. */
export function sizeOfFiles(files: readonly CatalogueFile[]): string {
  const bytes = files.reduce<number | null>(
    (sum, file) => (sum === null || file.bytes === null ? null : sum + file.bytes),
    0,
  );
  return bytes === null ? 'not published' : `${bytes} bytes`;
}

/** Who publishes a checksum, or that nobody does. */
export function checksumOfFiles(files: readonly CatalogueFile[]): string {
  const sources = new Set(files.map(({ checksum }) => checksum?.source ?? 'not published'));
  return [...sources].join(', ');
}

async function fetchFile(
  file: CatalogueFile,
  request: FetchRequest,
  recorded: string | undefined,
): Promise<FetchedFile> {
  const { folder, log, signal, idleTimeoutMs, schedule, wait } = request;
  const path = join(folder, file.fileName);
  const downloaded = !existsSync(path);
  const sha256 = downloaded
    ? await download({
        url: file.url,
        path,
        mostBytes: file.mostBytes,
        log,
        ...(file.checksum && { checksum: file.checksum }),
        ...(signal && { signal }),
        ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
        ...(schedule && { schedule }),
        ...(wait && { wait }),
      })
    : await digestFile(path, 'sha256');
  if (!downloaded && file.checksum) {
    const found = await digestFile(path, file.checksum.algorithm);
    if (found !== file.checksum.digest) throw changed(path, found, file.checksum.digest);
  }
  if (recorded !== undefined && recorded !== sha256) throw changed(path, sha256, recorded);
  const verification = file.checksum
    ? 'published checksum'
    : recorded === undefined
      ? 'unverified'
      : 'same as first download';
  return { fileName: file.fileName, sha256, verification, downloaded };
}

function readRecord(folder: string): Record<string, string> {
  const path = join(folder, recordName);
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw fileError(`reading ${path}`, cause);
    throw changed(path, 'a file that is not JSON', 'the digests of the first download');
  }
}

function changed(path: string, got: string, expected: string): AmrError {
  return new AmrError({
    what: path,
    got,
    expected,
    hint: 'the file is not the one that was fetched first: delete it and fetch again, or delete fetched.json to accept it',
    kind: 'failed',
  });
}

function unknownName(name: string, catalogue: readonly CatalogueEntry[]): AmrError {
  const names = catalogue.map((entry) => entry.name);
  const near = nearestName(name, names);
  return new AmrError({
    what: 'public data set',
    got: JSON.stringify(name),
    expected: `one of ${names.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'other data is prepared with "agentmmrec data prepare --from PATH"',
  });
}
