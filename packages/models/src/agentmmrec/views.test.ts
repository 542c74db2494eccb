import { Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, type ModelData, models } from '../index.js';
import { batchOf, checkerboard, checkerboardData } from '../testing/checkerboard.js';
import { representationsOf } from '../testing/scores.js';

const device = openDevice('reference');
const train = checkerboard(10);
const data = checkerboardData(device, train, { knowledge: false });
const small = { dimensions: 4, k: 3, layers: 2 };

const build = (given: Record<string, unknown> = {}, of: ModelData = data) =>
  buildModel(models.agentmmrec, { data: of, device, random: new RandomStreams(3) }, { ...small, ...given });

function lossOf(
  given: Record<string, unknown>,
  users: readonly number[],
  positives: readonly number[],
  negatives: readonly number[],
): number {
  const tape = new Tape(device);
  const batch = batchOf(device, [...users], [...positives], [...negatives]);
  return tape.step(
    () =>
      build({ l2: 0, ...given })
        .loss(tape, batch)
        .read()[0],
  );
}

function representationOf(model: ReturnType<typeof build>) {
  const { users, items, d } = representationsOf(model);
  const row = (of: ArrayLike<number>, at: number) => Array.from(of).slice(at * d, (at + 1) * d);
  const [ofUsers, ofItems] = [device.read(users), device.read(items)];
  return { user: (u: number) => row(ofUsers, u), item: (i: number) => row(ofItems, i) };
}

describe('side views', () => {
  test('an item adds the mean of its neighbours’ gated ids, a user the normalised sum of the items’', () => {
    // without layers the propagated ids are the ids; equal features of all items make every gate the same row g
    const same = {
      ...data,
      features: data.features.slice(0, 1).map((one) => ({ ...one, matrix: levelled(one.matrix) })),
    };
    const model = build({ layers: 0, featureScale: 'none' }, same);
    const ids = model.parameters.id.read();
    const id = (node: number) => Array.from(ids.subarray(node * 4, node * 4 + 4));
    const { user, item } = representationOf(model);
    const added = (i: number) => item(i).map((value, c) => value - id(10 + i)[c]);
    const neighbours = [0, 1, 2]; // cosine 1 with everything, ties to the lower id
    const gates = added(5).map((value, c) => value / (neighbours.reduce((sum, j) => sum + id(10 + j)[c], 0) / 3));
    for (const gate of gates) expect(gate > 0 && gate < 1).toBe(true);
    for (const i of [0, 9]) {
      added(i).forEach((value, c) => {
        expect(value).toBeCloseTo(added(5)[c], 5);
      });
    }
    // user 0 has items 2, 4, 6, 8, each of which has 4 users: weights 1/4, all views alike, so the sum is one view
    user(0).forEach((value, c) => {
      expect(value - id(0)[c]).toBeCloseTo(added(5)[c], 5);
    });
  });

  test('each source of content is a view with a gate of its own, co-purchases and rti have none', () => {
    const gates = (given: Record<string, unknown>, of: ModelData) =>
      new Set(Object.keys(build(given, of).parameters).flatMap((name) => /^gate\.(\w+)/.exec(name)?.[1] ?? []));
    const full = checkerboardData(device, train);
    expect(gates({}, data)).toEqual(new Set(['image', 'text']));
    expect(gates({ coPurchases: 2 }, full)).toEqual(new Set(['image', 'text', 'knowledge']));
    expect(gates({ useBmi: false }, full)).toEqual(new Set(['image', 'text']));
    expect(gates({ modalities: 'blocks' }, full)).toEqual(new Set());
  });

  test('co-purchases are a view of their own', () => {
    expect(lossBits(build({ coPurchases: 1 }))).not.toBe(lossBits(build()));
  });

  test('they need ids', () => {
    expect(() => build({ idBlock: false })).toThrow(/side views without an id block.*--modalities blocks/);
  });
});

test('alignment is over the first alignmentRows triples of a batch alone; 0 and more than there are mean all', () => {
  const [users, positives, negatives] = [
    [0, 3, 5, 7],
    [2, 5, 3, 9],
    [1, 8, 2, 0],
  ];
  /** Of the alignment: the loss with it less the loss without. */
  const alignment = (rows: number, triples = 4) =>
    lossOf({ viewAlignment: 1, alignmentRows: rows }, ...batch(triples)) -
    lossOf({ viewAlignment: 0 }, ...batch(triples));
  const batch = (n: number) => [users.slice(0, n), positives.slice(0, n), negatives.slice(0, n)] as const;
  expect(alignment(2)).toBeCloseTo(alignment(0, 2), 5);
  expect(alignment(2)).not.toBeCloseTo(alignment(0), 2);
  for (const all of [4, 5]) expect(alignment(all)).toBe(alignment(0));
});

describe('linear scores', () => {
  test('stand beside the others in ranking, and training is the same without them', () => {
    const [without, with_] = [build(), build({ linearWeight: 2, linearRank: 3 })];
    expect(lossBits(with_)).toBe(lossBits(without));
    const { d } = representationsOf(with_);
    expect(d).toBe(representationsOf(without).d + 3);
    const scoreOf = (model: ReturnType<typeof build>, u: number, i: number) => {
      const { user, item } = representationOf(model);
      return user(u).reduce((sum, value, c) => sum + value * item(i)[c], 0);
    };
    // item 0 has the colour of user 0's items, item 1 has not: nobody has both
    const added = [0, 1].map((i) => scoreOf(with_, 0, i) - scoreOf(without, 0, i));
    expect(added[0]).toBeGreaterThan(0.05);
    expect(added[1]).toBeCloseTo(0, 2);
  });
});

describe('losses', () => {
  test('alignment is InfoNCE over distinct entities: a repeated item is no negative of itself', () => {
    const alignment = (users: number[], positives: number[], negatives: number[]) =>
      lossOf({ viewAlignment: 1 }, users, positives, negatives) -
      lossOf({ viewAlignment: 0 }, users, positives, negatives);
    expect(alignment([0], [2], [1])).toBeCloseTo(0, 5); // one alone has nothing to be told from
    const two = alignment([0, 3], [2, 5], [1, 2]);
    expect(two).toBeGreaterThan(0.01);
    expect(alignment([0, 3, 0, 3], [2, 5, 2, 5], [1, 2, 3, 8])).toBeCloseTo(two, 5);
  });

  test('softmax is the mean cross entropy of the positives against all items; negatives play no part', () => {
    const { user, item } = representationOf(build());
    const scores = (u: number) =>
      Array.from({ length: 10 }, (_, i) => item(i).reduce((sum, value, c) => sum + value * user(u)[c], 0));
    const entropy = (u: number, positive: number) =>
      Math.log(scores(u).reduce((sum, score) => sum + Math.exp(score), 0)) - scores(u)[positive];
    const given = { loss: 'softmax', viewAlignment: 0 };
    expect(lossOf(given, [3], [5], [8])).toBeCloseTo(entropy(3, 5), 5);
    const three = (entropy(3, 5) + entropy(0, 2) + entropy(3, 9)) / 3;
    expect(lossOf(given, [3, 0, 3], [5, 2, 9], [8, 1, 0])).toBeCloseTo(three, 5);
  });
});

function lossBits(model: ReturnType<typeof build>): number {
  const tape = new Tape(device);
  return tape.step(() => model.loss(tape, batchOf(device, [0, 3], [2, 5], [1, 2])).read()[0]);
}

/** Every row the same. */
function levelled<M extends { rows: number; cols: number; data: Float32Array }>(m: M): M {
  return { ...m, data: Float32Array.from({ length: m.data.length }, (_, at) => 1 + (at % m.cols)) };
}
