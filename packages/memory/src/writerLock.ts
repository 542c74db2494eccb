import { AmrError, type Lock, tryLock } from '@agentmmrec/core';

/**
 * Holds `<path>-writer` locked for as long as the process lives or until it is released: one writer, and never a stale lock.
 * @throws AmrError input when another writer has the memory open, and when the file cannot be made
 */
export function lockForWriting(path: string): Lock {
  const lock = tryLock(`${path}-writer`);
  if (lock) return lock;
  throw new AmrError({
    what: `knowledge memory ${path}`,
    got: 'a second writer',
    expected: 'one writer at a time (readers do not count)',
    hint: 'wait until the other build or training ends, or work on a copy',
  });
}
