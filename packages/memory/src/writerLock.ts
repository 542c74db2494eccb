import { AmrError } from '@agentmmrec/core';
import Database from 'libsql';

/**
 * Holds `<path>-writer` locked for as long as the process lives: an open exclusive transaction on an empty SQLite file, which
 * the operating system releases when the process dies, however it dies. So there is one writer and never a stale lock.
 * @throws AmrError input when another writer has the memory open
 */
export function lockForWriting(path: string): { release(): void } {
  const lock = new Database(`${path}-writer`);
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: 'a second writer',
      expected: 'one writer at a time (readers do not count)',
      hint: 'wait until the other build or training ends, or work on a copy',
      cause,
    });
  }
  return {
    release() {
      if (!lock.open) return;
      lock.exec('ROLLBACK');
      lock.close();
    },
  };
}
