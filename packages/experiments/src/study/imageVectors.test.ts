import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knowledgeOptions, makeReasoner } from '@agentmmrec/agents';
import { matrix, RandomStreams, readOptions, silentLog } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { openDevice } from '@agentmmrec/kernels';
import { afterAll, expect, test } from '@jest/globals';
import { Study } from './study.js';

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a data set of image vectors without pictures and texts gets visual knowledge, and lists reranked by it', async () => {
  const [users, items, looks] = [40, 80, 16];
  // user u likes the looks u and u + 1, of five items each
  const rows = Array.from({ length: users }, (_, user) =>
    Array.from({ length: 10 }, (_, n) => {
      const item = ((user + (n % 2)) % looks) + looks * Math.floor(n / 2);
      return `${user}\t${item}\t${n < 8 ? 0 : n - 7}`;
    }),
  );
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'a.inter'), `userID\titemID\tx_label\n${rows.flat().join('\n')}\n`);
  const loaded = await loadDataset(join(folder, 'data'), { workspace: folder, splitSeed: 1, log: silentLog });
  const stream = new RandomStreams(1).stream('vectors');
  const centres = Array.from({ length: looks }, () => Array.from({ length: 8 }, () => stream.normal()));
  const lookOf = (item: number) => Number(loaded.training.itemIds[item]) % looks;
  const vectors = matrix(
    items,
    8,
    Float32Array.from(Array.from({ length: items }, (_, i) => centres[lookOf(i)]).flat()),
  );
  const features = [{ modality: 'image', matrix: vectors, synthetic: false }];
  const study = new Study({
    dataset: { ...loaded, training: { ...loaded.training, features } },
    device: openDevice('cpu', { threads: 1 }),
    workspace: folder,
    reasoner: makeReasoner('extractive'),
    memoryPath: ':memory:',
    knowledgeOptions: readOptions('test', knowledgeOptions, { knowledgeSeed: 3, visualWords: true }),
    rerankDepth: 30,
    log: silentLog,
  });
  try {
    const recipe = { label: 'full', model: 'agentmmrec', options: {}, knowledge: 'made', rerank: 'made' } as const;
    const record = await study.run(recipe, 1, { training: { epochs: 2, patience: 2, batchSize: 256 } });
    expect(record.reranking?.users).toBe(users);
    const memory = await study.bench?.memory();
    const entry = memory?.get('property', 0)?.parts;
    expect(entry).toMatchObject({ text: null, crossModal: null });
    expect(entry?.visual).toMatch(/look16n\d+/);
    const bmi = (await study.knowledge('made'))?.knowledge.bmi;
    // an item's four nearest by knowledge, itself besides, look like it
    const nearest = Array.from({ length: items }, (_, item) => [
      ...(bmi?.indices.subarray(item * 10, item * 10 + 5) ?? []),
    ]);
    const alike = nearest.flatMap((list, item) => list.filter((other) => lookOf(other) === lookOf(item)));
    expect(alike.length / (5 * items)).toBeGreaterThan(0.9);
  } finally {
    await study.close();
  }
});
