import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { ResponseCache } from './responseCache.js';

const usage = { inputTokens: 1, outputTokens: 1 };

/** A cache into which answers are put at given seconds. */
function cacheWith(seconds: readonly number[], model = 'one') {
  let now = 0;
  const cache = new ResponseCache(':memory:', () => now * 1000);
  const put = (at: number, by: string) => {
    now = at;
    const identity = { provider: 'p', model: by, modelDigest: 'd', serverVersion: '', reproducible: true };
    const about = { task: 't', identity, server: 's', template: { id: 'i', hash: 'h' }, attempt: 0, imageLevel: 0 };
    cache.put(`${by} ${at}`, { text: '{}', usage, elapsedMs: 1, fingerprint: '' }, about);
  };
  for (const at of seconds) put(at, model);
  return { cache, put };
}

describe('answers of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'amr-cache-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const identity = { provider: 'p', model: 'm', modelDigest: 'd', serverVersion: '', reproducible: true };
  const about = { task: 't', identity, server: 's', template: { id: 'i', hash: 'h' }, attempt: 0, imageLevel: 0 };
  const answer = (text: string) => ({ text, usage, elapsedMs: 1.5, fingerprint: 'f' });

  /** The cache of a new file with two answers, after its file was changed. */
  function changedBy(name: string, sql: string): ResponseCache {
    const path = join(folder, name);
    const cache = new ResponseCache(path);
    cache.put('one', answer('oak'), about);
    cache.put('two', answer('felt'), about);
    cache.close();
    const database = new Database(path);
    database.exec(sql);
    database.close();
    return new ResponseCache(path);
  }

  test.each([
    "UPDATE responses SET text = 'ash' WHERE key = 'one'",
    "UPDATE responses SET text = (SELECT text FROM responses WHERE key = 'two') WHERE key = 'one'",
    "UPDATE responses SET key = 'none' WHERE key = 'one'; UPDATE responses SET key = 'one' WHERE key = 'two'",
    "UPDATE responses SET input_tokens = -1 WHERE key = 'one'",
    "UPDATE responses SET elapsed_ms = 'long' WHERE key = 'one'",
    "UPDATE responses SET digest = '' WHERE key = 'one'",
    "UPDATE responses SET text = 7 WHERE key = 'one'",
  ])('%s: it is as if there were none, and the next takes its place', (sql) => {
    const cache = changedBy(sql.length.toString() + sql.slice(-4).replace(/\W/g, ''), sql);
    expect(cache.get('one')).toBeNull();
    cache.put('one', answer('oak again'), about);
    expect(cache.get('one')?.text).toBe('oak again');
    cache.close();
  });

  test('of before there were digests get them, once', () => {
    const cache = changedBy('earlier', 'ALTER TABLE responses DROP COLUMN digest; PRAGMA user_version = 1');
    expect([cache.get('one'), cache.get('two')]).toEqual([answer('oak'), answer('felt')]);
    cache.close();
    expect(changedBy('earlier', "UPDATE responses SET text = 'ash' WHERE key = 'one'").get('one')).toBeNull();
  });

  test('are found again whatever they hold', () => {
    const cache = changedBy('signs', 'SELECT 1');
    cache.put('three', answer('a\u0000b \ud83d c'), about);
    expect(cache.get('three')?.text).toBe('a\ufffdb \ufffd c');
    cache.close();
  });

  test.each([
    ['no table of answers', 'DROP TABLE responses', /response cache .*: got no such table/],
    ['a table of other columns', 'DROP TABLE responses; CREATE TABLE responses (key, text)', /response cache .*: got/],
    ['a later format', 'PRAGMA user_version = 3', /got format 3, expected format 2/],
    ['a format below all', 'PRAGMA user_version = -1', /got format -1, expected format 2/],
  ])('%s is refused with the path', (name, sql, sentence) => {
    expect(() => changedBy(name, sql)).toThrow(sentence);
  });
});

describe('the measured rate', () => {
  test('is that of the last answers of the last model', () => {
    const { cache, put } = cacheWith(Array.from({ length: 400 }, (_, n) => (n < 100 ? n * 10 : 1000 + n / 2)));
    expect(cache.rate()).toEqual({ model: 'one', callsPerSecond: 2, answers: 200 });
    for (let n = 0; n <= 30; n++) put(5000 + n * 4, 'two');
    expect(cache.rate()).toEqual({ model: 'two', callsPerSecond: 0.25, answers: 30 });
    cache.close();
  });

  test('leaves out the time between two runs', () => {
    const { cache } = cacheWith([...Array(15).keys(), ...Array.from({ length: 15 }, (_, n) => 90_000 + n)]);
    expect(cache.rate()).toEqual({ model: 'one', callsPerSecond: 1, answers: 28 });
    cache.close();
  });

  test('is nothing without answers, or with too few of them', () => {
    for (const count of [0, 1, 20]) {
      const { cache } = cacheWith([...Array(count).keys()]);
      expect(cache.rate()).toBeNull();
      cache.close();
    }
  });
});
