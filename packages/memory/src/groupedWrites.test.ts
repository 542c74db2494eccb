import { describe, expect, test } from '@jest/globals';
import { GroupedWrites } from './groupedWrites.js';
import { openMemory } from './index.js';

const open = () => openMemory({ path: ':memory:', fingerprint: 'data', mode: 'write' });
const record = (key: string) => ({ key, value: 1, interactions: [], inputTokens: 0, outputTokens: 0 });

describe('grouped writes', () => {
  test('of one turn share a transaction; each resolves when it is committed', async () => {
    const transactions: number[] = [];
    let open = 0;
    const grouped = new GroupedWrites((work) => {
      open = 0;
      const result = work();
      transactions.push(open);
      return result;
    });
    const committed: string[] = [];
    const add = async (name: string) => {
      const place = await grouped.add(() => open++);
      committed.push(name);
      return place;
    };
    const first = [add('a'), add('b'), add('c')];
    expect(transactions).toEqual([]);
    expect(await Promise.all(first)).toEqual([0, 1, 2]);
    await add('d');
    expect(transactions).toEqual([3, 1]);
    expect(committed).toEqual(['a', 'b', 'c', 'd']);
  });

  test('that fail take no other with them', async () => {
    const memory = open();
    const results = await Promise.allSettled([
      memory.grouped(() => memory.journal.append(record('a'))),
      memory.grouped(() => {
        memory.journal.append(record('half'));
        throw new Error('no');
      }),
      memory.grouped(() => memory.journal.append(record('b'))),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([...memory.journal.withPrefix('')].map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('that wait are made before the memory closes', async () => {
    const memory = open();
    const write = memory.grouped(() => memory.journal.append(record('late')));
    memory.close();
    await expect(write).resolves.toBe(true);
  });

  test('after the memory was closed are refused in words', async () => {
    const memory = open();
    memory.close();
    await expect(memory.grouped(() => memory.journal.append(record('never')))).rejects.toThrow(
      'got a write after it was closed',
    );
    expect(() => memory.jobs.enqueue('q', ['a'])).toThrow('got a write after it was closed');
  });
});
