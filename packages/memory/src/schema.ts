// libsql: SQLite prebuilt through npm with Node-API, so it needs no compiler and no headers; the interface is better-sqlite3's.

import { AmrError } from '@agentmmrec/core';
import type Database from 'libsql';
import { damaged, Queries } from './queries.js';

/** "AMRK": marks a SQLite file as a knowledge memory (PRAGMA application_id). */
const magic = 0x414d524b;
/** Raised with every change of the tables below; a file of another version is refused, never guessed at. */
const schemaVersion = 1;

/**
 * entries   one row per version, never changed.
 * decisions which version of a key counts from then on: one row per version, rollback and import.
 * journal   finished calls and feedback decisions by key.
 * drafts    answers of entries that are not complete yet.
 * jobs      the lease table.
 */
const tables = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE entries (
    kind TEXT NOT NULL CHECK (kind IN ('preference', 'property')),
    entity INTEGER NOT NULL CHECK (entity >= 0),
    version INTEGER NOT NULL CHECK (version >= 1),
    text TEXT, visual TEXT, cross_modal TEXT,
    provenance TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, entity, version)
  ) WITHOUT ROWID;
  CREATE TABLE decisions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, entity INTEGER NOT NULL, version INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('version', 'rollback', 'import')),
    reason TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    FOREIGN KEY (kind, entity, version) REFERENCES entries (kind, entity, version)
  );
  CREATE INDEX decisions_by_key ON decisions (kind, entity, sequence, version);
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL,
    interactions TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL
  );
  CREATE TABLE drafts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE jobs (
    queue TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'done', 'failed')),
    owner TEXT, lease_until_ms INTEGER, attempts INTEGER NOT NULL DEFAULT 0, reason TEXT,
    PRIMARY KEY (queue, key)
  ) WITHOUT ROWID;
  CREATE INDEX jobs_by_state ON jobs (queue, state, position);
`;

/** What the file says it is. libsql returns pragmas as rows whatever is asked for, hence the first row's value. */
function pragma(database: Database.Database, name: string): unknown {
  const rows = database.prepare(`PRAGMA ${name}`).all() as Record<string, unknown>[];
  return rows[0]?.[name];
}

/** Creates the tables in an empty file, or checks that the file is a memory of this version. */
export function prepareSchema(
  database: Database.Database,
  path: string,
  fingerprint: string | null,
  mayCreate: boolean,
): string {
  const empty = (database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all() as unknown[]).length === 0;
  if (empty && mayCreate && fingerprint !== null) createTables(database, fingerprint);
  checkMagic(database, path);
  const ofMeta = new Queries(database, path).select<{ value: string | null }>(
    { value: 'text' },
    "FROM meta WHERE name = 'fingerprint'",
  );
  const found = ofMeta().at(0)?.value;
  if (!found) throw damaged(path, new Error('a memory that does not say for which data set'));
  if (fingerprint !== null && found !== fingerprint) {
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: `a memory made for data set ${found.slice(0, 12)}`,
      expected: `one made for data set ${fingerprint.slice(0, 12)}`,
      hint: 'name another --memory file for this data set, or load the data set it was made for',
    });
  }
  return found;
}

/** One transaction: a kill in the middle leaves an empty file, which the next start fills. */
function createTables(database: Database.Database, fingerprint: string): void {
  database.exec('BEGIN EXCLUSIVE');
  try {
    database.exec(tables);
    database.prepare("INSERT INTO meta (name, value) VALUES ('fingerprint', ?)").run(fingerprint);
    database.exec(`PRAGMA application_id = ${magic}`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  } catch (cause) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw cause;
  }
}

function checkMagic(database: Database.Database, path: string): void {
  const id = pragma(database, 'application_id');
  if (id !== magic) {
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: 'a SQLite file of another program, or an empty one',
      expected: 'a knowledge memory',
      hint: 'check the path, or make one: agentmmrec knowledge build',
    });
  }
  const version = pragma(database, 'user_version');
  if (version !== schemaVersion) {
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: `schema version ${version}`,
      expected: `version ${schemaVersion}`,
      hint: 'export it to Arrow with the release that wrote it and import that file here',
    });
  }
}
