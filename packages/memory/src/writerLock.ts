import { AmrError } from '@agentmmrec/core';
import Database from 'libsql';
import { diskError } from './diskError.js';

/**
 * Holds `<path>-writer` locked for as long as the process lives: an open exclusive transaction on an empty SQLite file, which
 * the operating system releases when the process dies, however it dies. So there is one writer and never a stale lock.
 * @throws AmrError input when another writer has the memory open, and when the file cannot be made
 */
export function lockForWriting(path: string): { release(): void } {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(`${path}-writer`);
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    const disk = diskError(path, cause);
    if (disk) throw disk;
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: 'a second writer',
      expected: 'one writer at a time (readers do not count)',
      hint: 'wait until the other build or training ends, or work on a copy',
      cause,
    });
  }
  const held = lock;
  return {
    release() {
      if (!held.open) return;
      held.exec('ROLLBACK');
      held.close();
    },
  };
}
