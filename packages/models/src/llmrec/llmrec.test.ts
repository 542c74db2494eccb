import { Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { buildModel, findModel, type ModelData } from '../index.js';
import { batchOf, checkerboard, checkerboardData } from '../testing/checkerboard.js';
import { scoresOf } from '../testing/scores.js';
import { augmentedTriples } from './augmentedTriples.js';

const device = openDevice('cpu', { threads: 1 });
const data = checkerboardData(device, checkerboard(12, 1));
const build = (options: Record<string, unknown> = {}, on: ModelData = data) =>
  buildModel(findModel('llmrec'), { data: on, device, random: new RandomStreams(1) }, { dimensions: 4, ...options });

test('a part of a batch’s places brings the edges that were added for their users', () => {
  const batch = batchOf(device, [0, 3, 3, 5], [2, 5, 1, 9], [1, 8, 2, 12]);
  const edges = {
    liked: Int32Array.of(7, -1, -1, 4, -1, -1),
    disliked: Int32Array.of(6, -1, -1, 0, -1, -1),
  };
  const tape = new Tape(device, { random: new RandomStreams(3) });
  tape.step(() => {
    const { users, positives, negatives, size } = augmentedTriples(tape, batch, edges, 1);
    const added = Array.from({ length: size - 4 }, (_, at) =>
      [users, positives, negatives].map((ids) => device.read(ids)[4 + at]),
    );
    // User 5 has none; user 3 stands in two places.
    expect(added.toSorted()).toEqual([
      [0, 7, 6],
      [3, 4, 0],
      [3, 4, 0],
    ]);
    expect([...device.read(users).subarray(0, 4)]).toEqual([0, 3, 3, 5]);
  });
  tape.step(() => expect(augmentedTriples(tape, batch, edges, 0.2)).toBe(batch)); // less than one place
});

test('says which parts are absent, and works with those that are there', () => {
  expect(build().remarks).toEqual([]);
  const bare = build({}, { ...data, knowledge: null });
  expect(bare.remarks).toEqual(['no profiles, attributes, edges by a reasoner: these parts of LLMRec are absent']);
  expect(Object.keys(bare.parameters).some((name) => name.includes('profile'))).toBe(false);
  const augmentation = { ...data.knowledge?.augmentation, profiles: null, edges: null, attributes: [] };
  expect(build({}, { ...data, knowledge: data.knowledge && { ...data.knowledge, augmentation } }).remarks).toHaveLength(
    1,
  );
});

test('hides nothing in ranking, and decays all weights', () => {
  const restoring = build({ restoration: 0.5, masked: 0.5 });
  expect(scoresOf(restoring, device, data)).toEqual(scoresOf(build(), device, data));
  expect(Object.keys(restoring.parameters)).toContain('decoder.profile.weight');
  expect(restoring.optimizerOf('ids')).toEqual({ weightDecay: 0.01 });
});

test('what is hidden differs from step to step, and is the same again in the same step', () => {
  const model = build({ restoration: 1, masked: 0.3, augmented: 0 });
  const batch = batchOf(device, [0, 3], [2, 5], [1, 8]);
  const lossAt = (step: number) => {
    const tape = new Tape(device, { random: new RandomStreams(1).within(0, step) });
    return tape.step(() => model.loss(tape, batch).read()[0]);
  };
  expect(lossAt(0)).toBe(lossAt(0));
  expect(lossAt(0)).not.toBe(lossAt(1));
});
