import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { AmrError, fileError, requireFile, temporaryName } from '@agentmmrec/core';
import { refuseGrowth } from './growth.js';

/** A file in an archive. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const headerSignature = 0x04034b50;

/**
 * Unpacks one file of a ZIP archive (stored or deflated; not encrypted, not ZIP64), checked by length and CRC-32. Its path in the
 * archive decides nothing about where it goes.
 * @param entryName path inside the archive
 * @throws AmrError input: no archive, no such file, larger than `mostBytes`, damage
 */
export async function unzipFile(archive: string, entryName: string, target: string, mostBytes: number): Promise<void> {
  const file = await open(archive, 'r');
  const temporary = temporaryName(target);
  try {
    const entry = (await readEntries(file, archive)).find(({ name }) => name === entryName);
    if (!entry) throw damaged(archive, `no file ${entryName} inside`);
    if (entry.bytes > mostBytes) throw damaged(archive, `${entryName} of ${entry.bytes} bytes, more than ${mostBytes}`);
    refuseGrowth(archive, (await file.stat()).size, entry.bytes);
    await unpack(file, archive, entry, temporary);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
    await file.close();
  }
}

/** The paths of the files in an archive. @throws AmrError input: no archive, damage */
export async function entryNames(archive: string): Promise<string[]> {
  requireFile(archive);
  const file = await open(archive, 'r').catch((cause: unknown) => {
    throw fileError(`reading ${archive}`, cause);
  });
  try {
    return (await readEntries(file, archive)).map(({ name }) => name);
  } finally {
    await file.close();
  }
}

async function unpack(file: FileHandle, archive: string, entry: ZipEntry, target: string): Promise<void> {
  const header = await readAt(file, entry.headerAt, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== headerSignature || (header.readUInt16LE(6) & 1) === 1) {
    throw damaged(archive, `a header of ${entry.name} that is damaged or encrypted`);
  }
  const start = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  let bytes = 0;
  let crc = 0;
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      crc = crc32(chunk, crc);
      // The stated length is the bound: a lying archive is stopped here.
      if (bytes > entry.bytes) done(damaged(archive, `more bytes in ${entry.name} than it states`));
      else done(null, chunk);
    },
  });
  const packed = Readable.from(packedPieces(file, start, entry.packedBytes));
  try {
    if (entry.method === 8) await pipeline(packed, createInflateRaw(), check, createWriteStream(target));
    else if (entry.method === 0) await pipeline(packed, check, createWriteStream(target));
    else throw damaged(archive, `compression method ${entry.method} of ${entry.name}`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw damaged(archive, `damage in ${entry.name}`);
    throw cause;
  }
  if (bytes !== entry.bytes || crc !== entry.crc) throw damaged(archive, `damage in ${entry.name}`);
}

async function* packedPieces(file: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  const step = 2 ** 18;
  for (let at = 0; at < length; at += step) yield await readAt(file, start + at, Math.min(step, length - at));
}

/** The central directory at the archive's end. */
async function readEntries(file: FileHandle, archive: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  if (size < 22) throw damaged(archive, 'bytes that are no ZIP archive');
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--;
  if (end < 0) throw damaged(archive, 'bytes that are no ZIP archive');
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (start + length > size) throw damaged(archive, 'a table of contents outside the file');
  const directory = await readAt(file, start, length);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature) {
      throw damaged(archive, 'a damaged table of contents');
    }
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      headerAt: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function damaged(archive: string, got: string): AmrError {
  return new AmrError({
    what: archive,
    got,
    expected: 'the archive of the data set',
    hint: 'delete it and fetch it again',
  });
}
