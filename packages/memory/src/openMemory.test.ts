import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import Database from 'libsql';
import { copyMemory, type KnowledgeMemory, type NewEntry, openMemory } from './index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function entry(kind: NewEntry['kind'], entity: number, text: string): NewEntry {
  return {
    kind,
    entity,
    parts: { text, visual: null, crossModal: `${text} in blue` },
    provenance: {
      agent: 'integrator',
      tasks: ['preference-text'],
      reasoner: 'extractive',
      modelDigest: 'd',
      templates: [],
      interactions: [[entity, 3]],
      sampledItems: [3],
      split: 'train',
      seed: 1,
      attempt: 1,
      elapsedMs: 2,
      inputTokens: 5,
      outputTokens: 7,
      repairs: [],
    },
  };
}

const inProcess = (): KnowledgeMemory => openMemory({ path: ':memory:', fingerprint: 'data', mode: 'write' });

describe('versions', () => {
  test('a version is appended, never changed, and the newest is current', () => {
    const memory = inProcess();
    expect(memory.put(entry('preference', 4, 'leather'))).toBe(1);
    expect(memory.put(entry('preference', 4, 'suede'))).toBe(2);
    expect(memory.get('preference', 4)?.parts.text).toBe('suede');
    expect(memory.get('preference', 4, 1)?.parts).toEqual({
      text: 'leather',
      visual: null,
      crossModal: 'leather in blue',
    });
    expect(memory.history('preference', 4).map((found) => found.version)).toEqual([1, 2]);
    expect(memory.get('property', 4)).toBeNull();
    expect(memory.get('preference', 4)?.provenance.interactions).toEqual([[4, 3]]);
  });

  test('texts come in clean: a zero character ends none, and nothing turns what others show', () => {
    const memory = inProcess();
    memory.put(entry('preference', 4, 'likes\u0000oak\ufeff\u202e and linen'));
    expect(memory.get('preference', 4)?.parts.text).toBe('likes oak and linen');
  });

  test('a rollback is appended, survives as a decision, and the next version is current again', () => {
    const memory = inProcess();
    for (const text of ['a', 'b', 'c']) memory.put(entry('preference', 0, text));
    memory.rollback('preference', 0, 1, 'ranked worse');
    expect(memory.get('preference', 0)?.version).toBe(1);
    expect(memory.history('preference', 0)).toHaveLength(3);
    expect(memory.put(entry('preference', 0, 'd'))).toBe(4);
    expect(memory.get('preference', 0)?.parts.text).toBe('d');
    expect(memory.decisions('preference', 0).map(({ cause, version, reason }) => [cause, version, reason])).toEqual([
      ['version', 1, ''],
      ['version', 2, ''],
      ['version', 3, ''],
      ['rollback', 1, 'ranked worse'],
      ['version', 4, ''],
    ]);
  });

  test('a rollback to a version that is not there is refused and names those that are', () => {
    const memory = inProcess();
    memory.put(entry('preference', 0, 'a'));
    expect(() => memory.rollback('preference', 0, 2)).toThrow(
      /preference of user 0: got version 2, expected one of 1\. HINT/,
    );
    expect(() => memory.rollback('property', 9, 1)).toThrow(/property of item 9: got version 1, expected an entry/);
  });

  test('all() gives current entries in ascending order, across pages', () => {
    const memory = inProcess();
    const entities = Array.from({ length: 2500 }, (_, i) => 2499 - i);
    memory.putAll(entities.map((entity) => entry('property', entity, `p${entity}`)));
    memory.put(entry('property', 7, 'new'));
    memory.rollback('property', 7, 1);
    const found = [...memory.all('property')];
    expect(found.map((one) => one.entity)).toEqual(entities.toReversed());
    expect(found[7].parts.text).toBe('p7');
    expect([...memory.all('preference')]).toEqual([]);
  });

  test('asOf sees what was current at that moment, whatever came later', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ entity: fc.nat(3), rollback: fc.boolean() }), { maxLength: 30 }), (steps) => {
        const memory = inProcess();
        const moments: { sequence: number; current: (string | null)[] }[] = [];
        const current = () => [0, 1, 2, 3].map((entity) => memory.get('preference', entity)?.parts.text ?? null);
        for (const [i, step] of steps.entries()) {
          const versions = memory.history('preference', step.entity).length;
          if (step.rollback && versions > 0) memory.rollback('preference', step.entity, 1 + (i % versions));
          else memory.put(entry('preference', step.entity, `t${i}`));
          moments.push({ sequence: memory.sequence(), current: current() });
        }
        for (const moment of moments) {
          const view = memory.asOf(moment.sequence);
          expect([0, 1, 2, 3].map((e) => view.get('preference', e)?.parts.text ?? null)).toEqual(moment.current);
          expect([...view.all('preference')].map((found) => found.parts.text)).toEqual(
            moment.current.filter((text) => text !== null),
          );
        }
        memory.close();
      }),
      { numRuns: 25 },
    );
  });

  test('a failing transaction leaves nothing, nested ones join the outer', () => {
    const memory = inProcess();
    expect(() =>
      memory.atomically(() => {
        memory.put(entry('preference', 1, 'a'));
        memory.journal.append({ key: 'k', value: 1, interactions: [], inputTokens: 0, outputTokens: 0 });
        memory.jobs.enqueue('q', ['1']);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(memory.has('preference', 1)).toBe(false);
    expect(memory.journal.find('k')).toBeNull();
    expect(memory.jobs.counts('q').waiting).toBe(0);
  });

  test('stats count entities, versions, decisions, tokens and reasoners', () => {
    const memory = inProcess();
    memory.putAll([entry('preference', 0, 'a'), entry('preference', 0, 'b'), entry('property', 1, 'c')]);
    memory.rollback('preference', 0, 1);
    memory.journal.append({ key: 'k', value: null, interactions: [], inputTokens: 10, outputTokens: 20 });
    expect(memory.stats()).toEqual({
      preferences: 1,
      properties: 1,
      versions: 3,
      rollbacks: 1,
      journalRecords: 1,
      inputTokens: 25,
      outputTokens: 41,
      reasoners: ['extractive'],
      writers: [{ reasoner: 'extractive', modelDigest: 'd' }],
    });
  });
});

test('a model that was replaced under its name is two writers', () => {
  const memory = inProcess();
  const by = (entity: number, modelDigest: string) => {
    const { provenance, ...rest } = entry('property', entity, 'a');
    return { ...rest, provenance: { ...provenance, reasoner: 'qwen', modelDigest } };
  };
  memory.putAll([by(0, 'new'), by(1, 'old'), by(2, 'new')]);
  const { reasoners, writers } = memory.stats();
  expect(reasoners).toEqual(['qwen']);
  expect(writers.map(({ modelDigest }) => modelDigest)).toEqual(['new', 'old']);
});

describe('the file', () => {
  const at = (name: string) => join(folder, name);
  const write = (path: string, fingerprint = 'data') => openMemory({ path, fingerprint, mode: 'write' });

  test('keeps everything when it is closed and opened again', () => {
    const memory = write(at('deep/er/m.knowledge'));
    memory.put(entry('preference', 0, 'a'));
    memory.close();
    memory.close();
    const reader = openMemory({ path: at('deep/er/m.knowledge'), fingerprint: null, mode: 'read' });
    expect(reader.get('preference', 0)?.parts.text).toBe('a');
    expect(reader.fingerprint).toBe('data');
    reader.close();
  });

  test('of another data set is refused with both fingerprints', () => {
    write(at('m')).close();
    expect(() => write(at('m'), 'other')).toThrow(
      /got a memory made for data set data, expected one made for data set other/,
    );
    try {
      write(at('m'), 'other');
    } catch (error) {
      expect(error).toMatchObject({ kind: 'input', exitCode: 2 });
    }
    write(at('m')).close();
  });

  test('of another program, of another schema, or no database at all is refused with a sentence', () => {
    const foreign = new Database(at('foreign'));
    foreign.exec('CREATE TABLE t (a)');
    foreign.close();
    expect(() => write(at('foreign'))).toThrow(/got a SQLite file of another program/);
    write(at('old')).close();
    const old = new Database(at('old'));
    old.exec('PRAGMA user_version = 99');
    old.close();
    expect(() => write(at('old'))).toThrow(/got schema version 99, expected version 2/);
    writeFileSync(at('noise'), 'not a database '.repeat(500));
    expect(() => write(at('noise'))).toThrow(/got file is not a database, expected a SQLite file of this program/);
    expect(() => openMemory({ path: at('none'), fingerprint: null, mode: 'read' })).toThrow(/got no such file/);
  });

  test('in a folder that is none, or where nothing can be written, is refused with a sentence', () => {
    writeFileSync(at('file'), '');
    expect(() => write(join(at('file'), 'm'))).toThrow(/expected/);
    mkdirSync(at('folder'));
    expect(() => write(at('folder'))).toThrow(/got a folder, expected a file/);
  });

  test('is copied whole, with what only its log holds, in place of an older copy', () => {
    const memory = write(at('m'));
    memory.put(entry('preference', 0, 'one'));
    memory.put(entry('preference', 0, 'two'));
    write(at('copy')).close();
    copyMemory(at('m'), at('copy'));
    memory.put(entry('preference', 0, 'three'));
    const copy = openMemory({ path: at('copy'), fingerprint: 'data', mode: 'read' });
    expect(copy.history('preference', 0).map(({ parts }) => parts.text)).toEqual(['one', 'two']);
    copy.close();
    expect(() => copyMemory(at('m'), join(at('m'), 'copy'))).toThrow(/got a file of that name/);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    memory.close();
  });

  test('is whole in its one file once it is closed', () => {
    const memory = write(at('m'));
    memory.put(entry('preference', 0, 'one'));
    memory.close();
    copyFileSync(at('m'), at('alone'));
    const alone = openMemory({ path: at('alone'), fingerprint: 'data', mode: 'read' });
    expect(alone.get('preference', 0)?.parts.text).toBe('one');
    alone.close();
  });

  test('is not replaced by a copy while it is written', () => {
    write(at('m')).close();
    const busy = write(at('copy'));
    busy.put(entry('preference', 0, 'rewritten'));
    expect(() => copyMemory(at('m'), at('copy'))).toThrow(/copy: got a second writer/);
    busy.put(entry('preference', 0, 'and again'));
    busy.close();
    const kept = openMemory({ path: at('copy'), fingerprint: null, mode: 'read' });
    expect(kept.history('preference', 0)).toHaveLength(2);
    kept.close();
  });

  test('has one writer, released on close, and many readers that see commits and cannot write', () => {
    const writer = write(at('m'));
    const readers = [1, 2].map(() => openMemory({ path: at('m'), fingerprint: 'data', mode: 'read' }));
    expect(() => write(at('m'))).toThrow(/got a second writer, expected one writer at a time/);
    writer.put(entry('preference', 0, 'seen'));
    writer.atomically(() => {
      writer.put(entry('preference', 1, 'not yet'));
      for (const reader of readers) expect(reader.has('preference', 1)).toBe(false);
    });
    for (const reader of readers) {
      expect(reader.get('preference', 0)?.parts.text).toBe('seen');
      expect(reader.has('preference', 1)).toBe(true);
      expect(() => reader.put(entry('preference', 0, 'x'))).toThrow(/reading only/);
      expect(() => reader.jobs.enqueue('q', ['1'])).toThrow(/reading only/);
      expect(() =>
        reader.journal.append({ key: 'k', value: 0, interactions: [], inputTokens: 0, outputTokens: 0 }),
      ).toThrow(/reading only/);
      reader.close();
    }
    writer.close();
    write(at('m')).close();
  });
});

describe('bytes that changed are never believed', () => {
  const path = () => join(folder, 'm');
  /** A memory of a user with two versions and a rollback, a record and a draft; then its file is changed. */
  function changedBy(sql: string): KnowledgeMemory {
    const memory = openMemory({ path: path(), fingerprint: 'data', mode: 'write' });
    memory.putAll([entry('preference', 0, 'oak'), entry('preference', 0, 'linen'), entry('property', 1, 'felt')]);
    memory.rollback('preference', 0, 1, 'better');
    memory.journal.append({ key: 'k', value: 1, interactions: [], inputTokens: 3, outputTokens: 4 });
    memory.drafts.save('d', 'half');
    memory.close();
    const database = new Database(path());
    database.exec(sql);
    database.close();
    return openMemory({ path: path(), fingerprint: 'data', mode: 'read' });
  }

  test.each<[string, (memory: KnowledgeMemory) => unknown]>([
    ["UPDATE entries SET text = 'ash' WHERE version = 1", (memory) => memory.get('preference', 0)],
    ["UPDATE entries SET text = 'ash' WHERE version = 1", (memory) => memory.get('preference', 0, 1)],
    ["UPDATE entries SET visual = 'grey' WHERE kind = 'property'", (memory) => [...memory.all('property')]],
    ['UPDATE entries SET created_at_ms = created_at_ms + 1', (memory) => memory.history('preference', 0)],
    ['UPDATE decisions SET version = 2 WHERE sequence = 4', (memory) => memory.get('preference', 0)],
    ['UPDATE decisions SET version = 2 WHERE sequence = 4', (memory) => [...memory.all('preference')]],
    ['UPDATE decisions SET sequence = 9 WHERE sequence = 2', (memory) => memory.has('preference', 0)],
    ["UPDATE decisions SET reason = 'worse' WHERE sequence = 4", (memory) => memory.decisions('preference', 0)],
    ["UPDATE decisions SET reason = 'worse' WHERE sequence = 4", (memory) => memory.decisionsAfter(0, 9)],
    ["PRAGMA foreign_keys = OFF; DELETE FROM entries WHERE kind = 'property'", (m) => [...m.all('property')]],
    ["PRAGMA foreign_keys = OFF; DELETE FROM entries WHERE kind = 'property'", (m) => m.get('property', 1)],
    ["UPDATE journal SET value = '2'", (memory) => memory.journal.find('k')],
    ['UPDATE journal SET output_tokens = 0', (memory) => [...memory.journal.withPrefix('')]],
    ["UPDATE drafts SET value = '1'", (memory) => memory.drafts.find('d')],
  ])('%s', (sql, read) => {
    const memory = changedBy(sql);
    expect(() => read(memory)).toThrow(/knowledge memory .*m: got .*not (as it was written|there)/);
    memory.close();
  });

  test('nor is a state that no job can be in', () => {
    const memory = openMemory({ path: path(), fingerprint: 'data', mode: 'write' });
    memory.jobs.enqueue('q', ['1']);
    memory.close();
    const database = new Database(path());
    database.exec("PRAGMA ignore_check_constraints = ON; UPDATE jobs SET state = 'dono'");
    database.close();
    const reader = openMemory({ path: path(), fingerprint: 'data', mode: 'read' });
    expect(() => reader.jobs.counts('q')).toThrow('jobs in the state dono');
    reader.close();
  });

  test('a record beside a damaged page is refused with the path, and nothing of it stays', () => {
    const memory = openMemory({ path: path(), fingerprint: 'data', mode: 'write' });
    const record = (n: number) => ({
      ...{ key: `key ${n}`, value: 'x'.repeat(3000), interactions: [], inputTokens: 1, outputTokens: 1 },
    });
    for (let n = 0; n < 60; n++) memory.journal.append(record(n));
    memory.close();
    const database = new Database(path());
    const [{ rootpage, size }] = database
      .prepare(
        "SELECT rootpage, (SELECT page_size FROM pragma_page_size) AS size FROM sqlite_master WHERE name = 'journal'",
      )
      .all() as { rootpage: number; size: number }[];
    database.close();
    const bytes = readFileSync(path());
    bytes.fill(0x5a, (rootpage - 1) * size, (rootpage - 1) * size + 64);
    writeFileSync(path(), bytes);
    const damaged = openMemory({ path: path(), fingerprint: 'data', mode: 'write' });
    expect(() => damaged.journal.append(record(99))).toThrow(
      /knowledge memory .*m: got database disk image is malformed/,
    );
    expect(() => damaged.atomically(() => damaged.journal.append(record(99)))).toThrow(/knowledge memory .*malformed/);
    damaged.close();
  });

  test('of before there were digests is read, and gets them from its next writer', () => {
    changedBy('SELECT 1').close();
    const database = new Database(path());
    for (const table of ['entries', 'decisions', 'journal', 'drafts']) {
      database.exec(`ALTER TABLE ${table} DROP COLUMN digest`);
    }
    database.exec('PRAGMA user_version = 1');
    database.close();
    const seen = (memory: KnowledgeMemory) => {
      const { drafts, journal } = memory;
      const entries = [...memory.all('preference'), ...memory.all('property'), ...memory.history('preference', 0)];
      return [entries, memory.decisions('preference', 0), journal.find('k'), drafts.find('d')];
    };
    const reader = openMemory({ path: path(), fingerprint: 'data', mode: 'read' });
    const before = seen(reader);
    reader.close();
    const writer = openMemory({ path: path(), fingerprint: 'data', mode: 'write' });
    expect(seen(writer)).toEqual(before);
    writer.put(entry('preference', 0, 'wool'));
    writer.close();
    const later = new Database(path());
    later.exec("UPDATE entries SET text = 'ash' WHERE version = 3");
    later.close();
    const again = openMemory({ path: path(), fingerprint: 'data', mode: 'read' });
    expect(again.get('preference', 0, 1)?.parts.text).toBe('oak');
    expect(() => again.get('preference', 0, 3)).toThrow('not as it was written');
    again.close();
  });
});

describe('journal', () => {
  test('keeps the first record of a key and finds by prefix in order', () => {
    const { journal } = inProcess();
    const record = (key: string, value: unknown) => ({
      key,
      value,
      interactions: [[1, 2]] as const,
      inputTokens: 1,
      outputTokens: 2,
    });
    expect(journal.append(record('round|1|b', { kept: 2 }))).toBe(true);
    expect(journal.append(record('round|1|a', 'x'))).toBe(true);
    expect(journal.append(record('round|2|a', null))).toBe(true);
    expect(journal.append(record('round|1|a', 'other'))).toBe(false);
    expect(journal.find('round|1|a')).toEqual(record('round|1|a', 'x'));
    expect([...journal.withPrefix('round|1|')].map((found) => found.value)).toEqual([{ kept: 2 }, 'x']);
    expect(journal.find('round|3')).toBeNull();
  });
});

describe('drafts', () => {
  test('are kept by key, replaced, and cleared by prefix', () => {
    const { drafts } = inProcess();
    drafts.save('preference|1|text', { value: 'a' });
    drafts.save('preference|1|text', { value: 'b' });
    drafts.save('preference|12|text', 1);
    expect(drafts.find('preference|1|text')).toEqual({ value: 'b' });
    drafts.clear('preference|1|');
    expect(drafts.find('preference|1|text')).toBeUndefined();
    expect(drafts.find('preference|12|text')).toBe(1);
  });
});

test('a reader follows decisions in their order, with what each version cost', () => {
  const path = join(folder, 'followed.sqlite');
  const writer = openMemory({ path, fingerprint: 'data', mode: 'write' });
  const reader = openMemory({ path, fingerprint: null, mode: 'read' });
  expect([writer.writable, reader.writable]).toEqual([true, false]);
  expect(reader.decisionsAfter(0, 10)).toEqual([]);
  writer.putAll([entry('preference', 4, 'leather'), entry('property', 2, 'suede')]);
  writer.rollback('preference', 4, 1, 'better');
  const [first, ...rest] = reader.decisionsAfter(0, 10);
  expect(first).toMatchObject({
    kind: 'preference',
    entity: 4,
    version: 1,
    cause: 'version',
    inputTokens: 5,
    outputTokens: 7,
    elapsedMs: 2,
  });
  expect(rest.map(({ cause, reason }) => [cause, reason])).toEqual([
    ['version', ''],
    ['rollback', 'better'],
  ]);
  expect(reader.decisionsAfter(first.sequence, 1)).toEqual(rest.slice(0, 1));
  reader.close();
  writer.close();
});
