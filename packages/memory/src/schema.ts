// libsql: SQLite prebuilt through npm with Node-API, so it needs no compiler and no headers; the interface is better-sqlite3's.

import { AmrError, type ColumnKind, selectRows } from '@agentmmrec/core';
import type Database from 'libsql';
import { damaged, Queries } from './queries.js';
import { type RowValue, rowDigest } from './rowDigest.js';

/** "AMRK": marks a SQLite file as a knowledge memory (PRAGMA application_id). */
const magic = 0x414d524b;
/** Raised with every change of the tables below; a file of another version is refused, never guessed at. */
const schemaVersion = 2;
/** Without digests: a writer adds them, a reader does without. */
const withoutDigests = 1;

/**
 * entries   one row per version, never changed.
 * decisions which version of a key counts from then on: one row per version, rollback and import.
 * journal   finished calls and feedback decisions by key.
 * drafts    answers of entries that are not complete yet.
 * jobs      the lease table.
 * Rows of the first four carry the digest of their other columns, in the order of the table.
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
    digest TEXT NOT NULL,
    PRIMARY KEY (kind, entity, version)
  ) WITHOUT ROWID;
  CREATE TABLE decisions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, entity INTEGER NOT NULL, version INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('version', 'rollback', 'import')),
    reason TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    digest TEXT NOT NULL,
    FOREIGN KEY (kind, entity, version) REFERENCES entries (kind, entity, version)
  );
  CREATE INDEX decisions_by_key ON decisions (kind, entity, sequence, version);
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL,
    interactions TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    digest TEXT NOT NULL
  );
  CREATE TABLE drafts (key TEXT PRIMARY KEY, value TEXT NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
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

/**
 * Creates the tables in an empty file, or checks that the file is a memory of a version that can be read; a writer brings it to this one.
 * @returns the data set's fingerprint, and whether rows have digests
 */
export function prepareSchema(
  database: Database.Database,
  path: string,
  fingerprint: string | null,
  mayWrite: boolean,
): { readonly fingerprint: string; readonly hasDigests: boolean } {
  const empty = (database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').all() as unknown[]).length === 0;
  if (empty && mayWrite && fingerprint !== null) createTables(database, fingerprint);
  const version = checkMagic(database, path);
  const ofMeta = new Queries(database, path, false).select<{ value: string | null }>(
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
  if (version === withoutDigests && mayWrite) addDigests(database);
  return { fingerprint: found, hasDigests: version !== withoutDigests || mayWrite };
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

function checkMagic(database: Database.Database, path: string): number {
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
  if (version === schemaVersion || version === withoutDigests) return version;
  throw new AmrError({
    what: `knowledge memory ${path}`,
    got: `schema version ${version}`,
    expected: `version ${schemaVersion}`,
    hint: 'export it to Arrow with the release that wrote it and import that file here',
  });
}

/** Tables of version 1: what tells a row from others, and the columns that its digest is of. */
const undigested: readonly {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnKind>>;
}[] = [
  {
    table: 'entries',
    key: ['kind', 'entity', 'version'],
    columns: {
      ...{ kind: 'text', entity: 'integer', version: 'integer', text: 'text', visual: 'text', cross_modal: 'text' },
      ...{ provenance: 'text', created_at_ms: 'integer' },
    },
  },
  {
    table: 'decisions',
    key: ['sequence'],
    columns: {
      ...{ sequence: 'integer', kind: 'text', entity: 'integer', version: 'integer', cause: 'text', reason: 'text' },
      created_at_ms: 'integer',
    },
  },
  {
    table: 'journal',
    key: ['key'],
    columns: {
      ...{ key: 'text', value: 'text', interactions: 'text', input_tokens: 'integer', output_tokens: 'integer' },
      created_at_ms: 'integer',
    },
  },
  { table: 'drafts', key: ['key'], columns: { key: 'text', value: 'text' } },
];

/** One transaction: a kill in the middle leaves version 1. */
function addDigests(database: Database.Database): void {
  database.exec('BEGIN EXCLUSIVE');
  try {
    for (const { table, key, columns } of undigested) {
      database.exec(`ALTER TABLE ${table} ADD COLUMN digest TEXT NOT NULL DEFAULT ''`);
      const set = database.prepare(
        `UPDATE ${table} SET digest = ? WHERE ${key.map((name) => `${name} = ?`).join(' AND ')}`,
      );
      const placed = key.map((name) => `${table}.${name}`).join(', ');
      const page = selectRows<Record<string, RowValue>>(
        database,
        columns,
        `FROM ${table} WHERE (${placed}) > (${key.map(() => '?').join(', ')}) ORDER BY ${placed} LIMIT 1000`,
      );
      // before all of them
      let last: RowValue[] = key.map((name) => (columns[name] === 'text' ? '' : -1));
      for (let rows = page(...last); rows.length > 0; rows = page(...last)) {
        for (const row of rows) {
          last = key.map((name) => row[name]);
          set.run(rowDigest(Object.keys(columns).map((name) => row[name])), ...last);
        }
      }
    }
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  } catch (cause) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw cause;
  }
}
