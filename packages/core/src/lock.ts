import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
// libsql: SQLite prebuilt through npm; its locks are the operating system's on every platform.
import type Database from 'libsql';
import { AmrError } from './errors.js';
import { fileError } from './files.js';
import { makeFolders } from './folders.js';
import { libraryWhenUsed } from './whenUsed.js';

const sqlite = libraryWhenUsed<typeof Database>('libsql', import.meta.url);

/** Something that one process may do at a time, for as long as it lives or until `release`. */
export interface Lock {
  /** Gives the lock back. */
  release(): void;
}

/** `shared` ones keep out an `exclusive` one and not each other. */
export type LockKind = 'exclusive' | 'shared';

/** How often a lock that is held elsewhere is tried again. */
const retryMs = 250;

/**
 * Takes a lock that stands for a file or folder, or returns null when it is held already, by this process too. It is an open
 * transaction on an empty SQLite file at `path`: the operating system releases it when the process dies, however it dies, so no lock
 * is ever stale. Whoever releases it last removes the file.
 * @throws AmrError input or failed: the file cannot be made
 */
export function tryLock(path: string, kind: LockKind = 'exclusive'): Lock | null {
  for (;;) {
    const file = openLockFile(path);
    const begun = begin(file.database, kind, path);
    // Between opening and locking another holder may have removed the file: then the lock is on nothing.
    if (begun && isAt(path, file.descriptor)) return { release: () => release(path, kind, file) };
    close(file);
    if (!begun) return null;
  }
}

interface LockFile {
  readonly database: Database.Database;
  /** Tells the file from others of its name. Closed after the database: closing it earlier would let go of the lock. */
  readonly descriptor: number;
}

/** @returns false: somebody else holds it */
function begin(database: Database.Database, kind: LockKind, path: string): boolean {
  try {
    // Nothing is ever written, so nothing has to be found again after a crash.
    database.exec('PRAGMA journal_mode = MEMORY');
    if (kind === 'exclusive') database.exec('BEGIN EXCLUSIVE');
    else {
      database.exec('BEGIN');
      database.prepare('SELECT 1 FROM sqlite_master').all();
    }
    return true;
  } catch (cause) {
    if ((cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) return false;
    throw fileError(`locking ${path}`, cause);
  }
}

function isAt(path: string, descriptor: number): boolean {
  try {
    return statSync(path, { bigint: true }).ino === fstatSync(descriptor, { bigint: true }).ino;
  } catch {
    return false;
  }
}

function release(path: string, kind: LockKind, file: LockFile): void {
  if (!file.database.open) return;
  if (kind === 'shared') file.database.exec('ROLLBACK');
  // The last of several that shared it is alone now.
  if (kind === 'exclusive' || begin(file.database, 'exclusive', path)) rmSync(path, { force: true });
  close(file);
}

function close({ database, descriptor }: LockFile): void {
  if (database.inTransaction) database.exec('ROLLBACK');
  database.close();
  closeSync(descriptor);
}

/** Takes a lock, waiting for as long as somebody else holds it. @throws AmrError interrupted: the signal; failed: no such file */
export async function lockWhenFree(path: string, signal?: AbortSignal): Promise<Lock> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(path);
    if (lock) return lock;
    await sleep(retryMs);
  }
}

function openLockFile(path: string): LockFile {
  let descriptor: number | undefined;
  try {
    makeFolders(dirname(path));
    descriptor = openSync(path, 'a');
    const Sqlite = sqlite();
    return { database: new Sqlite(path), descriptor };
  } catch (cause) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw cannotLock(path, cause);
  }
}

function cannotLock(path: string, cause: unknown): AmrError {
  // libsql gives the failure to open no code of its own; 14 is SQLITE_CANTOPEN.
  if (!/Unable to open connection.*: 14\b/.test(String(cause))) return fileError(`locking ${path}`, cause);
  return new AmrError({
    what: `locking ${path}`,
    got: 'a file that cannot be opened',
    expected: 'a file in a folder that can be written',
    hint: 'check the path and its permissions, or name another place with --workspace or --memory',
    cause,
  });
}
