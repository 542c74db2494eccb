import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AmrError, libraryWhenUsed } from '@agentmmrec/core';
import type Database from 'libsql';
import { diskError } from './diskError.js';

const sqlite = libraryWhenUsed<typeof Database>('libsql', import.meta.url);

/** The connection of the one writer of a file; whoever opens it holds the lock. */
export function openForWriting(path: string): Database.Database {
  const database = new (sqlite())(path, { timeout: 10_000 });
  // An entry has some 2.5 KB: on pages of the usual 4 KB each would spill into a page of its own. Counts for new files only.
  database.exec('PRAGMA page_size = 16384');
  database.exec('PRAGMA journal_mode = WAL');
  // FULL: a version that an LLM was paid for survives a power cut as well as a kill.
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA foreign_keys = ON');
  return database;
}

/** A connection that changes nothing. */
export function openForReading(path: string): Database.Database {
  const database = openReadable(path);
  // libsql does not enforce its `readonly` option, SQLite does enforce this one.
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** A connection to read by. Readers share an index beside the file; where it cannot be made, nobody can write the file either. */
export function openReadable(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new (sqlite())(path, { timeout: 10_000 });
    database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all();
    return database;
  } catch (cause) {
    database?.close();
    if (diskError(path, cause) === null) throw cause;
  }
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw unreadLog(path);
  return new (sqlite())(`${pathToFileURL(resolve(path)).href}?immutable=1`);
}

/** Without the log the newest entries would be missing, and nobody would say so. */
function unreadLog(path: string): AmrError {
  return new AmrError({
    what: `knowledge memory ${path}`,
    got: 'entries in its log (-wal) that cannot be read where nothing can be written',
    expected: 'a memory whose writer ended, or a folder that can be written',
    hint: `copy the memory with its -wal file to a folder that can be written, and name the copy with --memory`,
  });
}
