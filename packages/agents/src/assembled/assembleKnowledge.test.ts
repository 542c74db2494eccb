import { type Matrix, matrixRow } from '@agentmmrec/core';
import { encodeKnowledge, hashingTextEncoder } from '@agentmmrec/encoders';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { assembleKnowledge } from './assembleKnowledge.js';

const training = tinyShop([[0, 1, 2], [2, 3], [], [4, 5, 2], [1, 6]], 8);
const device = openDevice('cpu', { threads: 1 });
const encoder = hashingTextEncoder({ width: 32 });

async function assembled() {
  const memory = openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });
  await buildKnowledge({ training, reasoner: new ScriptedReasoner(), memory, knowledgeSeed: 1 });
  const call = { training, knowledge: memory, encoder, device, kUsers: 2, kItems: 3 };
  return { memory, knowledge: await assembleKnowledge(call) };
}

const rowOf = (rows: Matrix | null, row: number) => {
  if (rows === null) throw new Error('no embeddings');
  return [...matrixRow(rows, row)];
};

describe('assembled knowledge', () => {
  test('embeds each entry, leaves a cold user zero, and has exactly k neighbours a row', async () => {
    const { memory, knowledge } = await assembled();
    const parts = memory.get('preference', 3)?.parts;
    if (parts === undefined) throw new Error('no entry');
    expect(rowOf(knowledge.userEmbeddings, 3)).toEqual(rowOf(await encodeKnowledge([parts], encoder, 'mean'), 0));
    expect(rowOf(knowledge.userEmbeddings, 2).every((value) => value === 0)).toBe(true);
    expect(knowledge).toMatchObject({
      reasoner: 'scripted',
      rti: null,
      bmu: { rows: 5, k: 2 },
      bmi: { rows: 8, k: 3 },
    });
    // Self is included, as the field's libraries do; the cold user, of whom nothing is known, has no other neighbour.
    expect(knowledge.bmu?.indices[2 * 0]).toBe(0);
    expect([...(knowledge.bmu?.indices.subarray(4, 6) ?? [])]).toEqual([2, 2]);
  });

  test('of an empty memory is refused', async () => {
    const memory = openMemory({ path: ':memory:', fingerprint: 'tiny', mode: 'write' });
    await expect(assembleKnowledge({ training, knowledge: memory, encoder, device })).rejects.toThrow(
      /got a memory without entries/,
    );
  });
});
