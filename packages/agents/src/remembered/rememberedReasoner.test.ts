import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from '@agentmmrec/kernels';
import { exportArrow, importArrow, type KnowledgeMemory, openMemory, readArrow } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { buildKnowledge, RememberedReasoner, refineGraph } from '../index.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';

const training = tinyShop(
  Array.from({ length: 12 }, (_, user) => [user, user + 1, user + 3].map((item) => item % 12)),
  12,
);
const features = [
  {
    modality: 'text',
    matrix: { rows: 12, cols: 2, data: Float32Array.from({ length: 24 }, (_, n) => Math.sin(n)) },
    synthetic: false,
  },
];
const open = () => openMemory({ path: ':memory:', fingerprint: training.fingerprint, mode: 'write' });
const refined = (memory: KnowledgeMemory, reasoner: ScriptedReasoner | RememberedReasoner) =>
  refineGraph({
    training,
    reasoner,
    memory,
    features: features as never,
    device: openDevice('cpu'),
    knowledgeSeed: 1,
    kItems: 3,
  });

describe('a reasoner that only remembers', () => {
  test('finds what its memory was answered, under the name and digest of who answered', async () => {
    const memory = open();
    const scripted = new ScriptedReasoner('a model');
    scripted.refineAnswer = ({ candidates, k }) => candidates.slice(-k).map(({ item }) => item);
    await buildKnowledge({ training, reasoner: scripted, memory, knowledgeSeed: 1 });
    const asked = await refined(memory, scripted);
    const remembered = new RememberedReasoner(memory);
    expect(remembered).toMatchObject({ name: 'a model', digest: scripted.digest });
    const report = await buildKnowledge({ training, reasoner: remembered, memory, knowledgeSeed: 1 });
    expect(report.properties).toMatchObject({ written: 0, reused: 12 });
    const found = await refined(memory, remembered);
    expect(found).toMatchObject({ asked: 0, reused: 12, failures: [] });
    expect(found.graph).toEqual(asked.graph);
  });

  test('says of anything else that it is not in the memory; a refinement or a list fails alone, the rest ends the run', async () => {
    const memory = open();
    await buildKnowledge({ training, reasoner: new ScriptedReasoner('a model'), memory, knowledgeSeed: 1 });
    const remembered = new RememberedReasoner(memory);
    const { failures, reused } = await refined(memory, remembered);
    expect([failures.length, reused]).toEqual([12, 0]);
    expect(failures[0].reason).toMatch(
      /^refine-graph: got no answer in the memory, expected one by a model. HINT: name the language model/,
    );
    await expect(remembered.rerank()).rejects.toMatchObject({ kind: 'failed', what: 'rerank' });
    await expect(remembered.preference('text')).rejects.toMatchObject({ kind: 'input' });
    await expect(remembered.property('text')).rejects.toMatchObject({ kind: 'input' });
    await expect(remembered.updatePreference()).rejects.toMatchObject({ kind: 'input' });
  });

  test('knows who made an imported memory, and nothing of an empty one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'remembered-'));
    try {
      const [made, imported] = [open(), open()];
      const scripted = new ScriptedReasoner('a model');
      await buildKnowledge({ training, reasoner: scripted, memory: made, knowledgeSeed: 1 });
      await exportArrow(made, join(folder, 'knowledge.arrow'), training);
      expect(() => new RememberedReasoner(imported)).toThrow('got an empty memory, expected knowledge in it');
      await importArrow(imported, await readArrow(join(folder, 'knowledge.arrow'), imported.fingerprint, training));
      expect(new RememberedReasoner(imported)).toMatchObject({ name: 'a model', digest: scripted.digest });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
