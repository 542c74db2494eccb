import type { ColumnKind } from '@agentmmrec/core';
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
  readonly digest: string | null;
}

/** A decision as the file holds it. */
export interface DecisionRow {
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly entity: number;
  readonly version: number;
  readonly cause: Decision['cause'];
  readonly reason: string;
  readonly created_at_ms: number;
  readonly digest: string | null;
}

/** An entry with the decision that made it current. */
type PageRow = EntryRow & { readonly [Name in keyof DecisionRow as `decided_${Name}`]: DecisionRow[Name] };

const entryColumns = {
  kind: 'text',
  entity: 'integer',
  version: 'integer',
  text: 'text',
  visual: 'text',
  cross_modal: 'text',
  provenance: 'text',
  created_at_ms: 'integer',
  digest: 'text',
} as const;
const decisionColumns = {
  sequence: 'integer',
  kind: 'text',
  entity: 'integer',
  version: 'integer',
  cause: 'text',
  reason: 'text',
  created_at_ms: 'integer',
  digest: 'text',
} as const;

/** What a memory asks of its entries and decisions, prepared once a connection. */
export function prepareStatements(queries: Queries) {
  const key = 'kind = ? AND entity = ?';
  const placed = (columns: object, table: string) => ({
    ...Object.fromEntries(Object.keys(columns).map((name) => [name, `${table}${name}`])),
    digest: queries.digestColumn(table),
  });
  /** Where the columns of an entry and of a decision stand beside others. */
  const [ofEntry, ofDecision] = [placed(entryColumns, 'e.'), placed(decisionColumns, 'd.')];
  const beside = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`decided_${name}`, value]));
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
    insert: queries.write(
      `INSERT INTO entries (kind, entity, version, text, visual, cross_modal, provenance, created_at_ms, digest)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    decide: queries.write(
      'INSERT INTO decisions (sequence, kind, entity, version, cause, reason, created_at_ms, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    // A version exists in a view only if the decision that added it is within the view.
    version: queries.select<EntryRow>(
      entryColumns,
      `FROM entries e WHERE e.kind = ? AND e.entity = ? AND e.version = ? AND EXISTS
       (SELECT 1 FROM decisions d WHERE d.kind = e.kind AND d.entity = e.entity AND d.version = e.version AND d.sequence <= ?)`,
      ofEntry,
    ),
    current: queries.select<DecisionRow>(
      decisionColumns,
      `FROM decisions d WHERE ${key} AND sequence <= ? ORDER BY d.sequence DESC LIMIT 1`,
      ofDecision,
    ),
    // A decision stays in the result where the version that it names is gone.
    page: queries.select<PageRow>(
      { ...entryColumns, ...(beside(decisionColumns) as Record<`decided_${string}`, ColumnKind>) },
      `FROM
         (SELECT entity, MAX(sequence) AS sequence FROM decisions WHERE sequence <= ? AND kind = ? AND entity > ?
          GROUP BY kind, entity ORDER BY entity LIMIT 1000) c
       JOIN decisions d ON d.sequence = c.sequence
       LEFT JOIN entries e ON e.kind = d.kind AND e.entity = d.entity AND e.version = d.version ORDER BY c.entity`,
      { ...ofEntry, ...beside(ofDecision) },
    ),
    history: queries.select<EntryRow>(entryColumns, `FROM entries e WHERE ${key} ORDER BY version`, ofEntry),
    decisions: queries.select<DecisionRow>(
      decisionColumns,
      `FROM decisions d WHERE ${key} ORDER BY d.sequence`,
      ofDecision,
    ),
    decisionsAfter: queries.select<DecisionRow & Pick<WrittenVersion, 'inputTokens' | 'outputTokens' | 'elapsedMs'>>(
      {
        ...decisionColumns,
        inputTokens: 'integer',
        outputTokens: 'integer',
        elapsedMs: 'integer',
      },
      `FROM decisions d JOIN entries e ON e.kind = d.kind AND e.entity = d.entity AND e.version = d.version
       WHERE d.sequence > ? ORDER BY d.sequence LIMIT ?`,
      {
        ...ofDecision,
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
