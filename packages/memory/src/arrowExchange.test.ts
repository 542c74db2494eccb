import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArrowFile, writeArrowFile } from '@agentmmrec/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tableFromArrays } from 'apache-arrow';
import {
  type ExternalIds,
  exportArrow,
  importArrow,
  type KnowledgeMemory,
  type NewEntry,
  openMemory,
  readArrow,
} from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exchange-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ids = { userIds: ['anna', 'ben'], itemIds: ['shoe', 'hat'] };
const open = (fingerprint = 'data') => openMemory({ path: ':memory:', fingerprint, mode: 'write', nowMs: () => 5000 });

const importFrom = async (memory: KnowledgeMemory, path: string, of: ExternalIds) =>
  await importArrow(memory, await readArrow(path, memory.fingerprint, of));

function entry(kind: NewEntry['kind'], entity: number, text: string | null): NewEntry {
  return {
    kind,
    entity,
    parts: { text, visual: 'dark – naïve', crossModal: null },
    provenance: {
      agent: 'integrator',
      tasks: ['property-text'],
      reasoner: 'extractive',
      modelDigest: 'm',
      templates: [{ id: 'a@1', hash: 'h' }],
      interactions: [[1, 0]],
      sampledItems: [0],
      split: 'train',
      seed: 3,
      attempt: 1,
      elapsedMs: 1,
      inputTokens: 2,
      outputTokens: 3,
      repairs: ['one'],
    },
  };
}

function filled(): KnowledgeMemory {
  const memory = open();
  memory.putAll([entry('preference', 1, 'a'), entry('preference', 1, 'b'), entry('property', 0, null)]);
  memory.rollback('preference', 1, 1);
  return memory;
}

const content = (memory: KnowledgeMemory) => [
  memory.history('preference', 1),
  memory.history('property', 0),
  [...memory.all('preference')].map((found) => found.version),
];

describe('export and import', () => {
  test('carry every version, its provenance and time, and which one is current', async () => {
    const path = join(folder, 'k.arrow');
    expect(await exportArrow(filled(), path, ids)).toEqual({ versions: 3 });
    const other = open();
    expect(await importFrom(other, path, ids)).toEqual({ added: 3, skipped: 0 });
    expect(content(other)).toEqual(content(filled()));
    expect(await importFrom(other, path, ids)).toEqual({ added: 0, skipped: 3 });
    expect(content(other)).toEqual(content(filled()));
  });

  test('write plain columns with a header', async () => {
    const path = join(folder, 'k.arrow');
    await exportArrow(filled(), path, ids);
    const table = readArrowFile(path);
    expect(table.schema.names).toEqual([
      'kind',
      'entity',
      'id',
      'version',
      'current',
      'text',
      'visual',
      'cross_modal',
      'provenance',
      'created_at',
    ]);
    expect(table.schema.metadata.get('fingerprint')).toBe('data');
    expect(table.toArray().map((row) => [row.kind, row.id, row.version, row.current, row.text])).toEqual([
      ['preference', 'ben', 1, true, 'a'],
      ['preference', 'ben', 2, false, 'b'],
      ['property', 'shoe', 1, true, null],
    ]);
  });

  test('refuse another data set, other ids, other content and other files, and then leave nothing', async () => {
    const path = join(folder, 'k.arrow');
    await exportArrow(filled(), path, ids);
    await expect(importFrom(open('else'), path, ids)).rejects.toThrow(
      /knowledge about data set data, expected knowledge about data set else/,
    );
    const swapped = open();
    await expect(importFrom(swapped, path, { userIds: ['anna', 'ben'], itemIds: ['hat', 'shoe'] })).rejects.toThrow(
      /got id "shoe" for item 0, expected "hat"/,
    );
    expect(swapped.stats().versions).toBe(0);
    const differing = open();
    differing.put(entry('property', 0, 'other'));
    await expect(importFrom(differing, path, ids)).rejects.toThrow(/version 1 of property 0 with other content/);
    expect(differing.stats().versions).toBe(1);
    await expect(importFrom(open(), path, { userIds: ['anna'], itemIds: [] })).rejects.toThrow(
      /got an entry for user 1, expected an entity/,
    );
    const plain = join(folder, 'plain.arrow');
    writeArrowFile(plain, tableFromArrays({ a: [1] }));
    await expect(importFrom(open(), plain, ids)).rejects.toThrow(/an Arrow file without a knowledge header/);
    await expect(exportArrow(filled(), path, { userIds: ['anna'], itemIds: ['shoe'] })).rejects.toThrow(
      /an entry for user 1/,
    );
  });
});
