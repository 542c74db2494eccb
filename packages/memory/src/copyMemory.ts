import { renameSync, rmSync } from 'node:fs';
import { temporaryName } from '@agentmmrec/core';
import type Database from 'libsql';
import { openReadable } from './connections.js';
import { diskError } from './diskError.js';
import { lockForWriting } from './writerLock.js';

/**
 * Copies a memory with all its versions into a file of its own, for a run that rewrites entries. The copy replaces what is at
 * `to`, and is there whole or not at all; entries that are still in the write-ahead log of `from` are in it too.
 * @throws AmrError input: the memory at `to` is being written, no room, no permission
 */
export function copyMemory(from: string, to: string): void {
  // Whoever writes the file at `to` goes on writing it, and not a name that was taken away from it.
  const lock = lockForWriting(to);
  const temporary = temporaryName(to);
  let database: Database.Database | undefined;
  try {
    database = openReadable(from);
    database.prepare('VACUUM INTO ?').run(temporary);
    // The log of an older copy would be replayed into the new one.
    for (const suffix of ['-wal', '-shm']) rmSync(`${to}${suffix}`, { force: true });
    renameSync(temporary, to);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw diskError(to, cause) ?? cause;
  } finally {
    database?.close();
    lock.release();
  }
}
