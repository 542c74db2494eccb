import { AmrError, Breather, parsePlainJson, readArrowFile, writeArrowFile } from '@agentmmrec/core';
// apache-arrow: the form in which knowledge leaves and enters, readable from Python and R.
import { Bool, Int32, Table, TimestampMillisecond, Utf8, vectorFromArray } from 'apache-arrow';
import { cleanParts } from './cleanParts.js';
import type { EntryKind, KnowledgeEntry, KnowledgeMemory } from './contract.js';
import { isProvenance } from './provenance.js';

/** The data set's own ids, by dense id: what makes an export mean the same elsewhere. */
export interface ExternalIds {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
}

const format = 'agentmmrec-knowledge/1';

/**
 * Writes every version of every entry to one Arrow IPC file (`pyarrow.ipc.open_file`), a row per version in the order kind,
 * entity, version; `current` marks the versions that count. The schema's metadata hold the format and the data set's fingerprint.
 * Ctrl-C is let in until it is written.
 * @throws AmrError input: an entry outside the ids, a path that cannot be written
 */
export async function exportArrow(
  memory: KnowledgeMemory,
  path: string,
  ids: ExternalIds,
): Promise<{ versions: number }> {
  const breather = new Breather();
  const rows: (KnowledgeEntry & { externalId: string; current: boolean })[] = [];
  for (const kind of ['preference', 'property'] as const) {
    for (const current of memory.all(kind)) {
      await breather.breathe();
      for (const entry of memory.history(kind, current.entity)) {
        const externalId = externalIdOf(ids, kind, entry.entity, path);
        rows.push({ ...entry, externalId, current: entry.version === current.version });
      }
    }
  }
  const column = <T>(read: (row: (typeof rows)[number]) => T): T[] => rows.map(read);
  const texts = (read: (row: (typeof rows)[number]) => string | null) => vectorFromArray(column(read), new Utf8());
  const data = new Table({
    kind: texts((row) => row.kind),
    entity: vectorFromArray(
      column((row) => row.entity),
      new Int32(),
    ),
    id: texts((row) => row.externalId),
    version: vectorFromArray(
      column((row) => row.version),
      new Int32(),
    ),
    current: vectorFromArray(
      column((row) => row.current),
      new Bool(),
    ),
    text: texts((row) => row.parts.text),
    visual: texts((row) => row.parts.visual),
    cross_modal: texts((row) => row.parts.crossModal),
    provenance: texts((row) => JSON.stringify(row.provenance)),
    created_at: vectorFromArray(
      column((row) => row.createdAtMs),
      new TimestampMillisecond(),
    ),
  });
  data.schema.metadata.set('format', format);
  data.schema.metadata.set('fingerprint', memory.fingerprint);
  writeArrowFile(path, data);
  return { versions: rows.length };
}

/** An export that was read and belongs to the data set. */
export interface ArrowKnowledge {
  readonly path: string;
  readonly rows: readonly Row[];
}

/**
 * Reads an export, before a memory is made or touched.
 * @param fingerprint of the data set
 * @throws AmrError input: another data set (by fingerprint, or by an id that stands for another entity here), a missing column
 */
export async function readArrow(path: string, fingerprint: string, ids: ExternalIds): Promise<ArrowKnowledge> {
  const table = readArrowFile(path);
  checkHeader(table, path, fingerprint);
  const rows = await readRows(table, path);
  for (const row of rows) checkId(row, ids, path);
  return { path, rows };
}

/**
 * Puts an export into the memory: all of it or nothing. Versions that the memory already holds with the same content are
 * skipped, so an import may be repeated. Nothing else may write into the memory meanwhile; Ctrl-C is let in until the first is put.
 * @throws AmrError input: a version that differs from the one the memory holds
 */
export async function importArrow(
  memory: KnowledgeMemory,
  { path, rows }: ArrowKnowledge,
): Promise<{ added: number; skipped: number }> {
  const breather = new Breather();
  const missing = new Map<string, Row>();
  for (const row of rows) {
    await breather.breathe();
    const place = `${row.kind} ${row.entity} ${row.version}`;
    const held = memory.get(row.kind, row.entity, row.version) ?? missing.get(place);
    if (held) requireSame(held, row, path);
    else missing.set(place, row);
  }
  memory.atomically(() => {
    for (const { id: _id, current: _current, ...entry } of missing.values()) memory.adopt(entry);
    for (const row of rows) {
      const held = row.current ? memory.get(row.kind, row.entity) : null;
      if (held && held.version !== row.version) memory.rollback(row.kind, row.entity, row.version, 'import');
    }
  });
  return { added: missing.size, skipped: rows.length - missing.size };
}

/** An entry as it is exported. @internal */
type Row = KnowledgeEntry & { readonly id: string; readonly current: boolean };

function externalIdOf(ids: ExternalIds, kind: EntryKind, entity: number, what: string): string {
  const id = (kind === 'preference' ? ids.userIds : ids.itemIds)[entity];
  if (id !== undefined) return id;
  throw new AmrError({
    what,
    got: `an entry for ${kind === 'preference' ? 'user' : 'item'} ${entity}`,
    expected: 'an entity of this data set',
    hint: 'the memory and the data set do not belong together',
  });
}

function checkHeader(table: Table, path: string, fingerprint: string): void {
  const found = table.schema.metadata.get('format');
  if (found !== format) {
    throw new AmrError({
      what: path,
      got: found ? `format ${found}` : 'an Arrow file without a knowledge header',
      expected: format,
      hint: 'import a file written by: agentmmrec knowledge export',
    });
  }
  const other = table.schema.metadata.get('fingerprint') ?? '';
  if (other !== fingerprint) {
    throw new AmrError({
      what: path,
      got: `knowledge about data set ${other.slice(0, 12)}`,
      expected: `knowledge about data set ${fingerprint.slice(0, 12)}`,
      hint: 'load the data set it was made for; entries hold what was learnt from its training interactions',
    });
  }
}

async function readRows(table: Table, path: string): Promise<Row[]> {
  const column = (name: string) => {
    const vector = table.getChild(name);
    if (vector) return vector;
    throw new AmrError({
      what: path,
      got: `columns ${table.schema.names.join(', ')}`,
      expected: `a column "${name}"`,
      hint: 'export the memory again',
    });
  };
  const [kind, entity, id, version, current] = ['kind', 'entity', 'id', 'version', 'current'].map(column);
  const [text, visual, crossModal, provenance, created] = [
    'text',
    'visual',
    'cross_modal',
    'provenance',
    'created_at',
  ].map(column);
  const breather = new Breather();
  const rows: Row[] = [];
  for (let row = 0; row < table.numRows; row++) {
    await breather.breathe();
    const values = {
      kind: kind.get(row),
      entity: entity.get(row),
      id: id.get(row),
      version: version.get(row),
      current: current.get(row),
      parts: { text: text.get(row), visual: visual.get(row), crossModal: crossModal.get(row) },
      provenance: sourceOf(provenance.get(row)),
      createdAtMs: Number(created.get(row)),
    };
    if (isRow(values)) {
      rows.push({ ...values, parts: cleanParts(values.parts) });
      continue;
    }
    throw new AmrError({
      what: `${path} row ${row + 1}`,
      got: `a version whose ${wrongPart(values)} cannot be read`,
      expected: 'what agentmmrec knowledge export writes',
      hint: 'export the memory again',
    });
  }
  return rows;
}

type ReadRow = Readonly<Record<keyof Row, unknown>>;

/** What each part of a row has to be. */
const checks: Readonly<Record<keyof Row, (value: unknown) => boolean>> = {
  kind: (value) => value === 'preference' || value === 'property',
  entity: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  id: (value) => typeof value === 'string',
  version: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  current: (value) => typeof value === 'boolean',
  parts: (value) => Object.values(value as object).every((part) => part === null || typeof part === 'string'),
  provenance: isProvenance,
  createdAtMs: (value) => Number.isFinite(value),
};

function wrongPart(row: ReadRow): keyof Row | undefined {
  return (Object.keys(checks) as (keyof Row)[]).find((part) => !checks[part](row[part]));
}

function isRow(row: ReadRow): row is Row {
  return wrongPart(row) === undefined;
}

/** The JSON of a provenance, or undefined. */
function sourceOf(text: unknown): unknown {
  try {
    return parsePlainJson(String(text));
  } catch {
    return undefined;
  }
}

function checkId(row: Row, ids: ExternalIds, path: string): void {
  const here = externalIdOf(ids, row.kind, row.entity, path);
  if (here === row.id) return;
  throw new AmrError({
    what: path,
    got: `id "${row.id}" for ${row.kind === 'preference' ? 'user' : 'item'} ${row.entity}`,
    expected: `"${here}", the id it has in this data set`,
    hint: 'the file was made for data with other ids; load that data set',
  });
}

function requireSame(held: KnowledgeEntry, row: Row, path: string): void {
  const same = (['text', 'visual', 'crossModal'] as const).every((part) => held.parts[part] === row.parts[part]);
  if (same) return;
  throw new AmrError({
    what: path,
    got: `version ${row.version} of ${row.kind} ${row.entity} with other content than the memory holds`,
    expected: 'the same content, or a version the memory does not have',
    hint: 'import into a new memory file: versions are never changed',
  });
}
