import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKnowledge, knowledgeOptions, LlmReasoner, makeReasoner } from '@agentmmrec/agents';
import { digest, RandomStreams, readOptions, silentLog } from '@agentmmrec/core';
import {
  buildInteractions,
  type Dataset,
  type Interactions,
  itemsOf,
  loadDataset,
  pairsOf,
  synthesizeCatalog,
  type TrainingData,
} from '@agentmmrec/datasets';
import { type Recipe, Study } from '@agentmmrec/experiments';
import { FakeServer, type ReceivedCall } from '@agentmmrec/fakellm';
import { openDevice } from '@agentmmrec/kernels';
import { connectLlm, createOllama, promptCatalog } from '@agentmmrec/llm';
import { openMemory } from '@agentmmrec/memory';
import { feedbackFolds } from '@agentmmrec/training';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withRandomEvaluationSplits } from '../../packages/datasets/src/testing/randomEvaluationSplits.js';

const SEED = 3;
const EPOCHS = 4;
const EVERY_EPOCHS = 2;
const PERIODS = 2;
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-leak-'));
const device = openDevice('cpu', { threads: 1 });
const recipe: Recipe = {
  label: 'full',
  model: 'agentmmrec',
  options: {},
  knowledge: 'made',
  rerank: 'made',
  feedback: { feedbackEvery: EVERY_EPOCHS, feedbackPeriods: PERIODS, feedbackUsers: 60 },
};
let catalog: Dataset;
/** of the catalog as it is */
let expected: Awaited<ReturnType<typeof traces>>;

beforeAll(async () => {
  const path = join(folder, 'catalog');
  await synthesizeCatalog({ folder: path, users: 60, items: 40, imageSize: 32, seed: 5, log: silentLog });
  catalog = await load('catalog');
  writeSplits('true', catalog.training.train, [catalog.validation, catalog.test.open('leak test')]);
  expected = await traces('true');
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

async function load(name: string): Promise<Dataset> {
  return await loadDataset(join(folder, name), { workspace: folder, splitSeed: 5, log: silentLog });
}

/** The catalog on disk with these splits, training rows first. Items that training lacks are left out: rows number the items. */
function writeSplits(name: string, train: Interactions, others: readonly Interactions[]): void {
  const { userIds, itemIds } = catalog.training;
  const known = new Set(catalog.training.train.itemIds);
  // The same last name, which is the data set's.
  const target = join(folder, name, 'catalog');
  const rows = [train, ...others].flatMap((split, label) => {
    const pairs = pairsOf(split);
    return Array.from(pairs.userIds, (user, n) => ({ user, item: pairs.itemIds[n], label }));
  });
  const lines = rows
    .filter(({ item }) => known.has(item))
    .map(({ user, item, label }) => `${userIds[user]}\t${itemIds[item]}\t${label}\n`);
  mkdirSync(target, { recursive: true });
  cpSync(join(folder, 'catalog/items.jsonl'), join(target, 'items.jsonl'));
  cpSync(join(folder, 'catalog/images'), join(target, 'images'), { recursive: true });
  writeFileSync(join(target, 'interactions.tsv'), `user\titem\tx_label\n${lines.join('')}`);
}

/** Every word depends on the whole prompt; reranking does harm until preferences are rewritten. */
function answer({ schema, system, turns, images }: ReceivedCall): string {
  const trace = createHash('sha256')
    .update(JSON.stringify([system, turns, images]))
    .digest('hex')
    .slice(0, 12);
  const { order, chosen, preferences, properties } = schema.properties ?? {};
  const names = [...(order?.items?.enum ?? [])];
  if (order) return JSON.stringify({ order: JSON.stringify(turns).includes('new words') ? names : names.reverse() });
  if (chosen) return JSON.stringify({ chosen: [...(chosen.items?.enum ?? [])].reverse().slice(0, chosen.minItems) });
  const trait = { trait: `trait ${trace}`, evidence: 'P1' };
  if (preferences)
    return JSON.stringify({
      preferences: [{ ...trait, strength: 'weak' }],
      summary: `likes things that are like ${trace}`,
    });
  if (properties)
    return JSON.stringify({ properties: [{ ...trait, basis: 'stated' }], summary: `is a thing that is like ${trace}` });
  const filled = Object.entries(schema.properties ?? {}).map(([name, { enum: names, type }]) => {
    if (names) return [name, names[name === 'liked' ? 0 : names.length - 1]];
    return [name, type === 'array' ? [trace] : `new words that are like ${trace}`];
  });
  return JSON.stringify(Object.fromEntries(filled));
}

/** What the extractive reasoner makes of a data set that was read from disk: entries, graphs and the order of lists. */
async function extracted({ training, validation, test: sealed }: Dataset, workspace: string): Promise<string> {
  const study = new Study({
    dataset: { training, validation, test: sealed, report: catalog.report },
    device,
    workspace,
    reasoner: makeReasoner('extractive'),
    memoryPath: ':memory:',
    knowledgeOptions: readOptions('test', knowledgeOptions, { knowledgeSeed: SEED }),
    rerankDepth: 30,
    log: silentLog,
  });
  try {
    const made = await study.knowledge('made');
    const memory = await study.bench?.memory();
    const kinds = ['preference', 'property'] as const;
    const entries = kinds.flatMap((kind) =>
      [...(memory?.all(kind) ?? [])].map(({ parts, provenance }) => [parts, provenance.interactions]),
    );
    const rerank = await study.reranker('made');
    const list = Int32Array.from({ length: 30 }, (_, item) => item);
    const lists = { userIds: Int32Array.of(7), k: 30, items: list, scores: new Float32Array(30) };
    const order = await rerank?.rerank(lists);
    return digest([entries, made?.knowledge, order?.lists.items]);
  } finally {
    await study.close();
  }
}

/** All that agents, graphs and training of a fixed length make of a data set, times aside. */
async function traces(name: string) {
  const loaded = await load(join(name, 'catalog'));
  const { training, validation, test: sealed } = loaded;
  const server = await new FakeServer({ answer }).start();
  const own = join(folder, `run-${name}`);
  mkdirSync(own);
  const client = await connectLlm({
    servers: [createOllama({ host: server.host, contextLength: 16_384, llmSlots: 32 })],
  });
  const study = new Study({
    dataset: { training, validation, test: sealed, report: catalog.report },
    device,
    workspace: own,
    reasoner: new LlmReasoner({ client, prompts: promptCatalog() }),
    memoryPath: join(own, 'memory.sqlite'),
    knowledgeOptions: readOptions('test', knowledgeOptions, { knowledgeSeed: SEED }),
    rerankDepth: 30,
    log: silentLog,
  });
  try {
    const made = await study.knowledge('made', true);
    const checkpointPath = join(own, 'checkpoint.amr');
    const settings = { epochs: EPOCHS, batchSize: 256, selection: 'none' as const, checkpointEverySeconds: 0 };
    const { result } = await study.train(recipe, SEED, { training: settings, checkpointPath });
    const memory = await study.bench?.memory();
    if (!memory) throw new Error('no memory');
    const kinds = ['preference', 'property'] as const;
    const keys = kinds.flatMap((kind) => [...memory.all(kind)].map(({ entity }) => [kind, entity] as const));
    const folds = feedbackFolds(training.train, new RandomStreams(SEED), 0, 60);
    return {
      fingerprint: training.fingerprint,
      prompts: server.calls.map(({ raw }) => raw).sort(),
      entries: keys.map(([kind, entity]) => ({
        versions: memory
          .history(kind, entity)
          .map(({ createdAtMs: _, provenance: { elapsedMs: __, ...provenance }, ...rest }) => ({
            ...rest,
            provenance,
          })),
        decisions: memory.decisions(kind, entity).map(({ cause, version }) => [cause, version]),
      })),
      journal: [...memory.journal.withPrefix('')].map(({ key, interactions }) => [key, interactions]).sort(),
      graphs: digest([made?.knowledge.bmu, made?.knowledge.bmi, made?.knowledge.rti].map((graph) => graph?.indices)),
      embeddings: digest([made?.knowledge.userEmbeddings?.data, made?.knowledge.itemEmbeddings?.data]),
      augmentation: digest(made?.knowledge.augmentation),
      folds: digest([folds.rewriting.itemIds, folds.deciding.itemIds]),
      feedback: result.feedbackReports,
      extracted: await extracted(loaded, own),
      checkpoint: digest(readFileSync(checkpointPath)),
    };
  } finally {
    await study.close();
    client.close();
    await server.stop();
  }
}

describe('with all validation and test interactions replaced at random', () => {
  test('every prompt, entry, graph, fold and checkpoint keeps its bits', async () => {
    const random = withRandomEvaluationSplits(catalog, 99);
    const held = random.test.open('leak test');
    expect(digest(held.itemIds)).not.toBe(digest(catalog.test.open('leak test').itemIds));
    expect(digest(random.validation.itemIds)).not.toBe(digest(catalog.validation.itemIds));
    writeSplits('random', catalog.training.train, [random.validation, held]);
    // The test would say nothing if little happened.
    expect(expected.prompts.length).toBeGreaterThan(500);
    expect(expected.prompts.some((body) => body.includes('"images"'))).toBe(true);
    const rewritten = expected.entries.filter(({ versions }) => versions.length > 1);
    expect(rewritten.length).toBeGreaterThan(10);
    expect(expected.feedback).toHaveLength(PERIODS);
    expect(await traces('random')).toEqual(expected);
  }, 120_000);

  test('while a single other training interaction shows in all of them', async () => {
    const { train, users, items } = catalog.training;
    const { userIds, itemIds } = pairsOf(train);
    const [first] = itemsOf(train, 7);
    const [other] = itemsOf(catalog.validation, 7);
    const changed = itemIds.map((item, n) => (userIds[n] === 7 && item === first ? other : item));
    writeSplits('changed', buildInteractions(users, items, { userIds, itemIds: changed }), []);
    const got = await traces('changed');
    for (const part of ['prompts', 'entries', 'graphs', 'augmentation', 'folds', 'extracted', 'checkpoint'] as const) {
      expect({ part, equal: digest(got[part]) === digest(expected[part]) }).toEqual({ part, equal: false });
    }
  }, 120_000);
});

describe('the audit', () => {
  /** Training data into whose interactions a split was mixed: prompts made from it show what they must not. */
  function mixedWith(split: Interactions): TrainingData {
    const { training } = catalog;
    const [own, more] = [pairsOf(training.train), pairsOf(split)];
    const train = buildInteractions(training.users, training.items, {
      userIds: Int32Array.from([...own.userIds, ...more.userIds]),
      itemIds: Int32Array.from([...own.itemIds, ...more.itemIds]),
    });
    return { ...training, train };
  }

  test.each(['validation', 'test'] as const)(
    'fails the run when a %s interaction was a source of a prompt',
    async (split) => {
      const memoryPath = join(folder, `leaky-${split}.sqlite`);
      const leaked = split === 'test' ? catalog.test.open('leak test') : catalog.validation;
      const memory = openMemory({ path: memoryPath, fingerprint: catalog.training.fingerprint, mode: 'write' });
      await buildKnowledge({
        training: mixedWith(leaked),
        reasoner: makeReasoner('extractive'),
        memory,
        knowledgeSeed: SEED,
      });
      memory.close();
      const study = new Study({
        dataset: catalog,
        device,
        workspace: folder,
        reasoner: makeReasoner('extractive'),
        memoryPath,
        knowledgeOptions: readOptions('test', knowledgeOptions, { knowledgeSeed: SEED }),
        rerankDepth: 30,
        log: silentLog,
      });
      try {
        const run = study.run({ ...recipe, feedback: undefined }, 1, { training: { epochs: 1 } });
        await expect(run).rejects.toMatchObject({
          exitCode: 1,
          message: expect.stringMatching(
            /leak audit.*got a source that is not a training interaction: user user-\d+, item item-\d+/,
          ),
        });
      } finally {
        await study.close();
      }
    },
  );
});
