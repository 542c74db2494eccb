import type Database from 'libsql';
import type { Decision, EntryKind, MemoryStats, WrittenVersion } from './contract.js';
import type { Queries } from './queries.js';

/** A version of an entry as the file holds it. */
export interface EntryRow {
  readonly kind: EntryKind;
  readonly entity: number;
  readonly version: number;
  readonly text: string | null;
  readonly visual: string | null;
  readonly cross_modal: string | null;
  readonly provenance: string;
  readonly created_at_ms: number;
}

const entryColumns = {
  kind: 'text',
  entity: 'integer',
  version: 'integer',
  text: 'text',
  visual: 'text',
  cross_modal: 'text',
  provenance: 'text',
  created_at_ms: 'integer',
} as const;
/** Where the columns of an entry stand besides decisions. */
const ofEntry = Object.fromEntries(Object.keys(entryColumns).map((name) => [name, `e.${name}`]));

/** What a memory asks of its entries and decisions, prepared once a connection. */
export function prepareStatements(database: Database.Database, queries: Queries) {
  const runs = (sql: string) => {
    const statement = database.prepare(sql);
    return (...values: readonly (string | number | null)[]): void => void statement.run(...values);
  };
  const key = 'kind = ? AND entity = ?';
  const decided = {
    sequence: 'integer',
    cause: 'text',
    version: 'integer',
    reason: 'text',
    created_at_ms: 'integer',
  } as const;
  const counts = [
    'preferences',
    'properties',
    'versions',
    'rollbacks',
    'journalRecords',
    'inputTokens',
    'outputTokens',
  ];
  return {
    newest: queries.select<{ newest: number }>({ newest: 'integer' }, `FROM entries WHERE ${key}`, {
      newest: 'COALESCE(MAX(version), 0)',
    }),
    insert: runs('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    decide: runs(
      'INSERT INTO decisions (kind, entity, version, cause, reason, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    // A version exists in a view only if the decision that added it is within the view.
    version: queries.select<EntryRow>(
      entryColumns,
      `FROM entries e WHERE e.kind = ? AND e.entity = ? AND e.version = ? AND EXISTS
       (SELECT 1 FROM decisions d WHERE d.kind = e.kind AND d.entity = e.entity AND d.version = e.version AND d.sequence <= ?)`,
      ofEntry,
    ),
    current: queries.select<{ version: number }>(
      { version: 'integer' },
      `FROM decisions WHERE ${key} AND sequence <= ? ORDER BY sequence DESC LIMIT 1`,
    ),
    page: queries.select<EntryRow>(
      entryColumns,
      `FROM
         (SELECT kind, entity, version, MAX(sequence) FROM decisions WHERE sequence <= ? AND kind = ? AND entity > ?
          GROUP BY kind, entity ORDER BY entity LIMIT 1000) c
       JOIN entries e ON e.kind = c.kind AND e.entity = c.entity AND e.version = c.version ORDER BY e.entity`,
      ofEntry,
    ),
    history: queries.select<EntryRow>(entryColumns, `FROM entries e WHERE ${key} ORDER BY version`, ofEntry),
    decisions: queries.select<Decision & { created_at_ms: number }>(
      decided,
      `FROM decisions WHERE ${key} ORDER BY sequence`,
    ),
    decisionsAfter: queries.select<Omit<WrittenVersion, 'createdAtMs'> & { created_at_ms: number }>(
      {
        ...decided,
        kind: 'text',
        entity: 'integer',
        inputTokens: 'integer',
        outputTokens: 'integer',
        elapsedMs: 'integer',
      },
      `FROM decisions d JOIN entries e ON e.kind = d.kind AND e.entity = d.entity AND e.version = d.version
       WHERE d.sequence > ? ORDER BY d.sequence LIMIT ?`,
      {
        ...Object.fromEntries([...Object.keys(decided), 'kind', 'entity'].map((name) => [name, `d.${name}`])),
        ...Object.fromEntries(
          ['inputTokens', 'outputTokens', 'elapsedMs'].map((name) => [name, `e.provenance ->> '${name}'`]),
        ),
      },
    ),
    sequence: queries.select<{ sequence: number }>({ sequence: 'integer' }, 'FROM decisions', {
      sequence: 'COALESCE(MAX(sequence), 0)',
    }),
    stats: queries.select<Omit<MemoryStats, 'reasoners' | 'writers'>>(
      Object.fromEntries(counts.map((name) => [name, 'integer'])),
      '',
      {
        preferences: "(SELECT COUNT(DISTINCT entity) FROM entries WHERE kind = 'preference')",
        properties: "(SELECT COUNT(DISTINCT entity) FROM entries WHERE kind = 'property')",
        versions: '(SELECT COUNT(*) FROM entries)',
        rollbacks: "(SELECT COUNT(*) FROM decisions WHERE cause = 'rollback')",
        journalRecords: '(SELECT COUNT(*) FROM journal)',
        inputTokens: tokens('inputTokens', 'input_tokens'),
        outputTokens: tokens('outputTokens', 'output_tokens'),
      },
    ),
    writers: queries.select<MemoryStats['writers'][number]>(
      { reasoner: 'text', modelDigest: 'text' },
      "FROM (SELECT DISTINCT provenance ->> 'reasoner' AS name, provenance ->> 'modelDigest' AS digest FROM entries ORDER BY 1, 2)",
      { reasoner: 'name', modelDigest: 'digest' },
    ),
  };
}

function tokens(inProvenance: string, inJournal: string): string {
  return `(SELECT COALESCE(SUM(provenance ->> '${inProvenance}'), 0) FROM entries) + (SELECT COALESCE(SUM(${inJournal}), 0) FROM journal)`;
}
