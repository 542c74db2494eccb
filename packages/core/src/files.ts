import { closeSync, fsyncSync, openSync, renameSync, rmSync, type Stats, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AmrError } from './errors.js';
import { makeFolders } from './folders.js';
import { temporaryName } from './temporary.js';

/**
 * Writes the whole file (text, bytes, or pieces of bytes one after the other) under a temporary name, flushes it to the disk and renames it: a reader sees the old content or
 * the new one, never a part. Parent folders are made.
 * @throws AmrError failed: disk full, no permission; the old file is untouched and the temporary one removed
 */
export function writeFileAtomic(path: string, content: string | Uint8Array | readonly Uint8Array[]): void {
  const temporary = temporaryName(path);
  let opened = false;
  try {
    makeFolders(dirname(path));
    const file = openSync(temporary, 'wx');
    opened = true;
    try {
      for (const bytes of piecesOf(content)) {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }
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

/**
 * Refuses what can be opened and never ends, or never begins: a pipe, a socket, a device.
 * @throws AmrError input; what the system says of the path
 */
export function requireFile(path: string): void {
  let facts: Stats;
  try {
    facts = statSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  if (facts.isFile()) return;
  if (facts.isDirectory()) throw fileError(`reading ${path}`, { code: 'EISDIR' });
  throw new AmrError({
    what: `reading ${path}`,
    got: facts.isFIFO() ? 'a pipe' : facts.isSocket() ? 'a socket' : 'a device',
    expected: 'a file',
    hint: 'write what comes from it into a file first',
  });
}

function piecesOf(content: string | Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** The person can act on it, so it counts as input (exit 2) like every other unusable path. */
const noRoom = {
  expected: 'room for the file',
  hint: 'free some space or name another place with --workspace; nothing was changed',
  kind: 'input',
} as const;

/** A file system error as one sentence: what was attempted, what the system said, what to do. */
export function fileError(what: string, cause: unknown): AmrError {
  if (cause instanceof AmrError) return cause;
  const code = (cause as NodeJS.ErrnoException)?.code;
  const known: Record<string, { got: string; expected: string; hint: string; kind: 'input' | 'failed' }> = {
    ENOENT: { got: 'no such file or folder', expected: 'it to exist', hint: 'check the path', kind: 'input' },
    EISDIR: { got: 'a folder', expected: 'a file', hint: 'name a file', kind: 'input' },
    ELOOP: { got: 'a link that leads back to itself', expected: 'a file', hint: 'check the links', kind: 'input' },
    ENAMETOOLONG: { got: 'a name that is too long', expected: 'a shorter one', hint: 'check the path', kind: 'input' },
    ENOTDIR: { got: 'a file where a folder was needed', expected: 'a folder', hint: 'check the path', kind: 'input' },
    EEXIST: { got: 'a file of that name', expected: 'a folder, or a free name', hint: 'check the path', kind: 'input' },
    EACCES: {
      got: 'permission denied',
      expected: 'access',
      hint: 'check the permissions of the file and its folder',
      kind: 'input',
    },
    EROFS: {
      got: 'a read-only file system',
      expected: 'a writable place',
      hint: 'name another place, with --workspace or the flag that named this one',
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
