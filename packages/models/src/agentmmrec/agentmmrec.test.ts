import { checkGradients, Tape } from '@agentmmrec/autograd';
import { matrix, matrixRow, RandomStreams } from '@agentmmrec/core';
import { neighbourGraph } from '@agentmmrec/graphs';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, findModel, type ModelData, models, readModelOptions } from '../index.js';
import { batchOf, checkerboard, checkerboardData } from '../testing/checkerboard.js';
import { representationsOf } from '../testing/scores.js';

const device = openDevice('reference');
const train = checkerboard(10);
const batch = batchOf(device, [0, 3, 3, 7], [2, 5, 1, 9], [1, 8, 2, 0]);
/** The paper's blocks; side views have a file of their own. */
const small = { dimensions: 4, hidden: 5, k: 3, layers: 3, modalities: 'blocks' };
const { agentmmrec } = models;

function build(data: ModelData, given: Record<string, unknown> = {}) {
  return buildModel(agentmmrec, { data, device, random: new RandomStreams(3) }, { ...small, ...given });
}

const full = checkerboardData(device, train);
const withoutKnowledge = checkerboardData(device, train, { knowledge: false });

function represented(model: ReturnType<typeof build>): { users: number[]; items: number[]; d: number } {
  const { users, items, d } = representationsOf(model);
  return { users: Array.from(device.read(users)), items: Array.from(device.read(items)), d };
}

describe('blocks', () => {
  test('one per thing present, named in the parameters', () => {
    const model = build(full);
    expect(representationsOf(model).d).toBe(4 * 4);
    expect(Object.keys(model.parameters)).toEqual([
      ...['image', 'text'].flatMap((m) => [
        `free.${m}`,
        ...['weight1', 'bias1', 'weight2', 'bias2'].map((w) => `mlp.${m}.${w}`),
      ]),
      ...['weight1', 'bias1', 'weight2', 'bias2'].map((w) => `mlp.knowledge.${w}`),
      'id',
    ]);
    expect(model.remarks).toEqual([]);
  });

  test('absent knowledge: no block, raw graphs stand in, and both are said', () => {
    const model = build(withoutKnowledge);
    expect(representationsOf(model).d).toBe(3 * 4);
    expect(model.remarks).toEqual([
      'no knowledge embeddings: the knowledge block is absent',
      'no bmu graph: there is no knowledge for it',
      'no bmi graph: there is no knowledge for it',
      'no rti graph: there is no knowledge for it',
      'raw item graphs stand in for rti: 0.1 image + 0.9 text',
    ]);
  });

  test('text alone has the whole raw graph; image and audio share 0.1 to 0.9', () => {
    const remark = (modalities: string[]) =>
      build(checkerboardData(device, train, { modalities, knowledge: false })).remarks.at(-1);
    expect(remark(['text'])).toBe('raw item graphs stand in for rti: 1 text');
    expect(remark(['image', 'audio'])).toBe('raw item graphs stand in for rti: 0.1 image + 0.9 audio');
  });

  test('knowledge without features is enough; neither is an input error', () => {
    const model = build(checkerboardData(device, train, { modalities: [] }));
    expect(representationsOf(model).d).toBe(2 * 4);
    expect(model.remarks).toEqual(['no item features: the modality blocks are absent']);
    expect(() => build(checkerboardData(device, train, { modalities: [], knowledge: false }))).toThrow(
      /neither item features nor knowledge.*HINT:.*--features synthetic\[:384,4096\]/,
    );
  });

  test('one-sided knowledge leaves free rows on the other side', () => {
    const { knowledge } = full;
    const oneSided = { ...full, knowledge: knowledge && { ...knowledge, userEmbeddings: null, bmu: null } };
    const model = build(oneSided, { l2: 0.2 });
    expect(Object.keys(model.parameters)).toContain('free.knowledge.users');
    expect(model.remarks).toContain('no knowledge embeddings of users: their knowledge block is free rows');
    expect(model.updateUserKnowledge && (() => model.updateUserKnowledge?.(Int32Array.of(0), matrix(1, 6)))).toThrow(
      /knowledge of users/,
    );
  });

  test('features or embeddings of another size are refused', () => {
    const wrong = { ...withoutKnowledge, features: [{ modality: 'text', matrix: matrix(9, 3), synthetic: true }] };
    expect(() => build(wrong)).toThrow(/text features: got 9 x 3, expected 10 x 3/);
  });
});

describe('represent by hand', () => {
  /** A tiny case without propagation: one layer 0, only the id block is propagated with weight 1. */
  test('users E + bmu E, items E + bmi E + rti E over the readout', () => {
    const model = build(full, { layers: 0 });
    const plain = build(full, { layers: 0, useBmu: false, useBmi: false, useRti: false, useRaw: false });
    const [with_, without] = [represented(model), represented(plain)];
    const { bmu, bmi, rti } = full.knowledge ?? {};
    const d = with_.d;
    const meanOf = (rows: number[], lists: { indices: Int32Array; k: number }, row: number, c: number) => {
      let sum = 0;
      for (let j = 0; j < lists.k; j++) sum += rows[lists.indices[row * lists.k + j] * d + c];
      return sum / lists.k;
    };
    if (!bmu || !bmi || !rti) throw new Error('the test data has all graphs');
    for (let row = 0; row < 10; row++) {
      for (let c = 0; c < d; c++) {
        expect(with_.users[row * d + c]).toBeCloseTo(
          without.users[row * d + c] + meanOf(without.users, bmu, row, c),
          5,
        );
        const own = without.items[row * d + c];
        const added = meanOf(without.items, bmi, row, c) + meanOf(without.items, rti, row, c);
        expect(with_.items[row * d + c]).toBeCloseTo(own + added, 5);
      }
    }
    expect(plain.remarks).toEqual([
      'no bmu graph: switched off',
      'no bmi graph: switched off',
      'no rti graph: switched off',
      'no raw item graphs: switched off',
    ]);
  });

  test('the sum readout is layers + 1 times the mean', () => {
    const [mean, sum] = [represented(build(full)), represented(build(full, { readout: 'sum' }))];
    mean.users.forEach((value, i) => {
      expect(sum.users[i]).toBeCloseTo(4 * value, 5);
    });
  });

  test('normalised blocks have unit rows before propagation', () => {
    const off = { useBmu: false, useBmi: false, useRti: false, useRaw: false };
    const { users, d } = represented(build(full, { layers: 0, blockNormalize: true, ...off }));
    for (let start = 0; start < 10 * d; start += 4)
      expect(Math.hypot(...users.slice(start, start + 4))).toBeCloseTo(1, 5);
  });
});

describe('options', () => {
  const settings: Record<string, Record<string, unknown>> = {
    paper: { preset: 'paper' },
    'mean norm': { norm: 'mean' },
    'transposed lists': { orientation: 'transpose' },
    'symmetric lists': { orientation: 'symmetric' },
    'normalised blocks': { blockNormalize: true },
    'raw graphs': { useRti: false },
    infonce: { infonce: 0.5, temperature: 0.5 },
    alignment: { alignment: 0.5 },
    'no layers': { layers: 0 },
    softmax: { loss: 'softmax' },
    'weighted graphs': { weightBmu: 0.5, weightBmi: 0.25, weightRti: 2 },
    'side views': { modalities: 'views', coPurchases: 2, viewAlignment: 0.5 },
    'side views, softmax': { modalities: 'views', loss: 'softmax', orientation: 'symmetric' },
  };
  test.each(Object.entries(settings))(
    '%s: gradients are slopes, and the loss differs from the default',
    (_name, given) => {
      const model = build(full, { l2: 0.3, ...given });
      const sample = { count: 6, stream: new RandomStreams(4).stream('entries') };
      expect(
        checkGradients(device, model.parameters, (tape) => model.loss(tape, batch), {
          sample,
          step: 5e-4,
          absolute: 2e-3,
        }),
      ).toEqual([]);
      const tape = new Tape(device);
      const loss = (of: typeof model) => tape.step(() => of.loss(tape, batch).read()[0]);
      expect(loss(model)).not.toBe(loss(build(full, { l2: 0.3 })));
    },
  );

  test.each([{ orientation: 'own' }, { orientation: 'transpose' }, { orientation: 'symmetric' }])(
    'the batch rows of %j are the represented ones',
    (given) => {
      const model = build(full, { l2: 0, ...given });
      const { users, items, d } = represented(model);
      const score = (user: number, item: number) => {
        let sum = 0;
        for (let c = 0; c < d; c++) sum += users[user * d + c] * items[item * d + c];
        return sum;
      };
      const triples = [
        [0, 2, 1],
        [3, 5, 8],
        [3, 1, 2],
        [7, 9, 0],
      ];
      const expected = triples.reduce((sum, [u, p, n]) => sum + Math.log1p(Math.exp(score(u, n) - score(u, p))), 0) / 4;
      const tape = new Tape(device);
      expect(tape.step(() => model.loss(tape, batch).read()[0])).toBeCloseTo(expected, 5);
    },
  );

  test('a preset sets what it names, and given options win over it', () => {
    expect(readModelOptions(agentmmrec, { preset: 'paper' })).toMatchObject({ idBlock: false, readout: 'sum' });
    expect(readModelOptions(agentmmrec, { preset: 'paper', idBlock: 'on' })).toMatchObject({
      idBlock: true,
      readout: 'sum',
    });
    expect(readModelOptions(agentmmrec, {})).toMatchObject({ idBlock: true, readout: 'mean' });
    expect(() => readModelOptions(agentmmrec, { preset: 'papr' })).toThrow(/did you mean "paper"/);
  });
});

describe('regulariser', () => {
  test('is the sum over trainable blocks of the mean square of the batch rows', () => {
    const [none, some] = [build(full, { l2: 0 }), build(full, { l2: 1 })];
    const tape = new Tape(device);
    const loss = (of: typeof none) => tape.step(() => of.loss(tape, batch).read()[0]);
    const { users, positives, negatives } = batch;
    const rows = (table: string, ids: number[]) => {
      const values = some.parameters[table].read();
      return ids.flatMap((id) => Array.from(values.subarray(id * 4, id * 4 + 4)));
    };
    const meanSquare = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const userIds = Array.from(device.read(users));
    const itemNodes = [positives, negatives].flatMap((ids) => Array.from(device.read(ids), (id) => id + 10));
    const expected =
      meanSquare(rows('free.image', userIds)) +
      meanSquare(rows('free.text', userIds)) +
      meanSquare(rows('id', [...userIds, ...itemNodes]));
    expect(loss(some) - loss(none)).toBeCloseTo(expected, 5);
  });

  test.each(['blocks', 'views'])(
    'of projections is the squared norm of their matrices, biases left out (%s)',
    (modalities) => {
      const given = { l2: 0, viewAlignment: 0, modalities };
      const [none, some] = [build(full, given), build(full, { ...given, projectionL2: 0.5 })];
      const tape = new Tape(device);
      const loss = (of: typeof none) => tape.step(() => of.loss(tape, batch).read()[0]);
      const matrices = Object.entries(some.parameters).filter(([name]) => /\.weight[12]$/.test(name));
      // knowledge, and two modalities each with a projection or a gate; views gate by knowledge too
      expect(matrices).toHaveLength(modalities === 'blocks' ? 6 : 8);
      const squares = matrices.flatMap(([, table]) => Array.from(table.read(), (value) => value * value));
      expect(loss(some) - loss(none)).toBeCloseTo(0.5 * squares.reduce((sum, square) => sum + square, 0), 3);
    },
  );
});

describe('user knowledge', () => {
  test('replaced rows change these users and those who look at them, not the caller', () => {
    const model = build(full, { useBmu: false, layers: 0 });
    const embeddings = full.knowledge?.userEmbeddings;
    const given = Float32Array.from(embeddings?.data ?? []);
    const before = represented(model);
    model.updateUserKnowledge?.(Int32Array.of(4), matrix(1, 6, new Float32Array(6).fill(2)));
    const after = represented(model);
    const changed = Array.from({ length: 10 }, (_, user) => user).filter((user) =>
      after.users.slice(user * 16, user * 16 + 16).some((value, c) => value !== before.users[user * 16 + c]),
    );
    expect(changed).toEqual([4]);
    expect(after.items).toEqual(before.items);
    expect(embeddings?.data).toEqual(given);
    expect(Array.from(device.read(model.state['knowledge.users'] ?? new Float32Array(0)).subarray(24, 30))).toEqual(
      Array(6).fill(2),
    );
  });

  test('with rebuildGraphs the user graph follows; without it stays', () => {
    const { knowledge } = full;
    if (!knowledge?.userEmbeddings) throw new Error('the data has knowledge of users');
    const row = new Float32Array(6).fill(2);
    const data = knowledge.userEmbeddings.data.slice();
    data.set(row, 4 * 6);
    const userEmbeddings = matrix(10, 6, data);
    const bmu = neighbourGraph(device, userEmbeddings, { k: 3, self: 'include' }, 'bmu');
    const anew = represented(build({ ...full, knowledge: { ...knowledge, userEmbeddings, bmu } }));
    for (const [rebuildGraphs, same] of [
      [true, true],
      [false, false],
    ]) {
      const model = build(full, { rebuildGraphs });
      model.updateUserKnowledge?.(Int32Array.of(4), matrix(1, 6, row.slice()));
      expect(JSON.stringify(represented(model)) === JSON.stringify(anew)).toBe(same);
    }
    const resumed = build(full, { rebuildGraphs: true });
    device.write(resumed.state['knowledge.users'] ?? new Float32Array(0), data);
    resumed.restored();
    expect(represented(resumed)).toEqual(anew);
  });

  test('rows of another width are refused', () => {
    expect(() => build(full).updateUserKnowledge?.(Int32Array.of(4), matrix(1, 5))).toThrow(/1 x 5, expected 1 x 6/);
  });
});

describe('findModel', () => {
  test('finds every model by its name', () => {
    for (const [name, model] of Object.entries(models)) {
      expect(findModel(name)).toBe(model);
      expect(model.name).toBe(name);
    }
  });

  test('names the nearest', () => {
    const names = Object.keys(models).join(', ');
    expect(() => findModel('lightgnc')).toThrow(
      `model "lightgnc": got an unknown model, expected one of ${names}. HINT: did you mean "lightgcn"`,
    );
  });

  test('vbpr without features is an input error', () => {
    const data = checkerboardData(device, train, { modalities: [], knowledge: false });
    expect(() => buildModel(models.vbpr, { data, device, random: new RandomStreams(1) })).toThrow(
      /model vbpr: got no item features/,
    );
  });
});

test('the parts of a score have names and add up to it', () => {
  for (const given of [
    {},
    { linearWeight: 0.5, linearRank: 3 },
    { modalities: 'views' },
    { useRti: false, useBmi: false },
  ]) {
    const model = build(full, given);
    const { users, items, d } = representationsOf(model);
    const [u, i] = [device.read(users).slice(), device.read(items).slice()];
    const parts = model.scoreParts() ?? [];
    const names = parts.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['own', 'bmu']);
    expect(names.includes('linear')).toBe('linearWeight' in given);
    expect(names.includes('rti')).toBe(!('useRti' in given));
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, c) => sum + value * b[c], 0);
    for (const [user, item] of [
      [0, 0],
      [3, 7],
      [9, 2],
    ]) {
      const score = dot(u.subarray(user * d, (user + 1) * d), i.subarray(item * d, (item + 1) * d));
      const summed = parts.map((part) => dot(matrixRow(part.users, user), matrixRow(part.items, item)));
      expect(summed.reduce((sum, value) => sum + value, 0)).toBeCloseTo(score, 4);
    }
    model.release();
  }
});
