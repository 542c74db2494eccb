import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CompressionType, compressionRegistry, type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { AmrError } from './errors.js';
import { unpackLz4 } from './lz4.js';

/** A sibling name no other writer uses; what is under it is garbage after a crash and safe to delete. */
export function temporaryName(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/**
 * Writes the whole file under a temporary name, flushes it to the disk and renames it: a reader sees the old content or
 * the new one, never a part. Parent folders are made.
 * @throws AmrError failed: disk full, no permission; the old file is untouched and the temporary one removed
 */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const temporary = temporaryName(path);
  let opened = false;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx');
    opened = true;
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    if (opened) rmSync(temporary, { force: true });
    throw fileError(`writing ${path}`, cause);
  }
}

/** Writes an Arrow IPC file (readable by `pyarrow.ipc.open_file`), atomically. */
export function writeArrowFile(path: string, table: Table): void {
  writeFileAtomic(path, tableToIPC(table, 'file'));
}

/** What a packed file may unpack to at most, beside twenty times its size: what is repeated packs well, and a bomb better. */
const harmlessArrowBytes = 2 ** 30;

/**
 * Reads an Arrow IPC file, or stream, plain or packed with LZ4. The table's buffers are views on the bytes read, or on what was
 * unpacked from them.
 * @throws AmrError input: missing, not Arrow, cut short, packed with zstd, or unpacking to far more than its size
 */
export function readArrowFile(path: string): Table {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  const damaged = (cause?: unknown) =>
    new AmrError({
      what: path,
      got: `${bytes.length} bytes that are not a whole Arrow file`,
      expected: 'an Arrow IPC file',
      hint: 'it was damaged or cut short; delete it and make it again',
      cause,
    });
  if (!isWholeArrow(bytes)) throw damaged();
  let unpacked = 0;
  const most = Math.max(harmlessArrowBytes, 20 * bytes.length);
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode(packed) {
      const plain = unpackLz4(packed, most - unpacked);
      unpacked += plain.length;
      return plain;
    },
  });
  compressionRegistry.set(CompressionType.ZSTD, {
    decode() {
      throw new AmrError({
        what: path,
        got: 'columns packed with zstd',
        expected: 'plain columns, or LZ4',
        hint: "write it again, for example with compression='uncompressed'",
      });
    },
  });
  try {
    return tableFromIPC(bytes);
  } catch (cause) {
    throw cause instanceof AmrError ? cause : damaged(cause);
  }
}

/** The person can act on it, so it counts as input (exit 2) like every other unusable path. */
const noRoom = {
  expected: 'room for the file',
  hint: 'free some space or name another place with --workspace; nothing was changed',
  kind: 'input',
} as const;

/** A file stands between two marks; a stream begins each message with four set bytes and ends with an empty one. */
function isWholeArrow(bytes: Buffer): boolean {
  const magic = 'ARROW1';
  const text = (start: number) => bytes.toString('latin1', start, start + magic.length);
  if (bytes.length > 12 && text(0) === magic) return text(bytes.length - magic.length) === magic;
  const end = bytes.length - 8;
  return bytes.length > 16 && bytes.readUInt32LE(0) === 0xffffffff && bytes.readBigUInt64LE(end) === 0xffffffffn;
}

/** A file system error as one sentence: what was attempted, what the system said, what to do. */
export function fileError(what: string, cause: unknown): AmrError {
  if (cause instanceof AmrError) return cause;
  const code = (cause as NodeJS.ErrnoException)?.code;
  const known: Record<string, { got: string; expected: string; hint: string; kind: 'input' | 'failed' }> = {
    ENOENT: { got: 'no such file or folder', expected: 'it to exist', hint: 'check the path', kind: 'input' },
    EISDIR: { got: 'a folder', expected: 'a file', hint: 'name a file', kind: 'input' },
    ENOTDIR: { got: 'a file where a folder was needed', expected: 'a folder', hint: 'check the path', kind: 'input' },
    EACCES: {
      got: 'permission denied',
      expected: 'access',
      hint: 'check the permissions of the file and its folder',
      kind: 'input',
    },
    EROFS: {
      got: 'a read-only file system',
      expected: 'a writable place',
      hint: 'name another place with --workspace',
      kind: 'input',
    },
    ENOSPC: { got: 'no space left on the disk', ...noRoom },
    EDQUOT: { got: 'a disk quota that is used up', ...noRoom },
    EFBIG: { got: 'a file larger than is allowed here', ...noRoom },
  };
  const facts = (code && known[code]) || {
    got: cause instanceof Error ? cause.message : String(cause),
    expected: 'the operation to succeed',
    hint: 'check the disk and the path',
    kind: 'failed' as const,
  };
  return new AmrError({ what, ...facts, cause });
}
