import { type Matrix, matrix, matrixRow, RandomStreams } from '@agentmmrec/core';
import { encodeKnowledge, hashingTextEncoder } from '@agentmmrec/encoders';
import { openDevice } from '@agentmmrec/kernels';
import { openMemory } from '@agentmmrec/memory';
import { describe, expect, test } from '@jest/globals';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { ScriptedReasoner, tinyShop } from '../testing/tinyShop.js';
import { assembleKnowledge } from './assembleKnowledge.js';
import { permuteKnowledge } from './permuteKnowledge.js';

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

test('permuted knowledge has the same rows and the same graph under other names', async () => {
  const { knowledge } = await assembled();
  const rti = { rows: 8, k: 1, indices: Int32Array.from({ length: 8 }, (_, item) => (item + 1) % 8) };
  const itemEmbeddings = matrix(
    8,
    1,
    Float32Array.from({ length: 8 }, (_, item) => item),
  );
  const permuted = permuteKnowledge({ ...knowledge, itemEmbeddings, rti, bmi: null }, new RandomStreams(3));
  const original =
    rowOf(permuted.itemEmbeddings, 0).length &&
    Array.from({ length: 8 }, (_, item) => rowOf(permuted.itemEmbeddings, item)[0]);
  if (!original) throw new Error('no rows');
  expect(original.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(original).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // The neighbour of the node that holds the row of n is the node that holds the row of n + 1.
  original.forEach((n, node) => {
    expect(original[permuted.rti?.indices[node] ?? -1]).toBe((n + 1) % 8);
  });
  expect(permuteKnowledge({ ...knowledge, rti }, new RandomStreams(3))).toEqual(
    permuteKnowledge({ ...knowledge, rti }, new RandomStreams(3)),
  );
});
