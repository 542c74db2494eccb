import { type Csr, RandomStreams, transpose } from '@agentmmrec/core';
import { openDevice, type UnaryFunction } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import { gradientTable } from './gradientTable.js';
import type { Entries } from './primitives/elementwise.js';
import { Tape } from './tape.js';
import { constant, parameter, type Tensor } from './tensor.js';
import { packMatrix, uploadNeighbourPattern, uploadNeighbours, uploadPattern, uploadSparse } from './upload.js';

const device = openDevice('reference');
const random = new RandomStreams(7).stream('gradient table');

function trainable(rows: number, cols: number, draw = () => random.normal()): Tensor {
  return parameter(device, [rows, cols], device.upload(Float32Array.from({ length: rows * cols }, draw)), 'x');
}

/** Away from 0, where functions have a kink or a pole. */
const awayFromZero = () => (random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform());
const positive = () => 0.5 + random.uniform();

const sparse: Csr = {
  rows: 4,
  cols: 5,
  offsets: Int32Array.of(0, 2, 2, 5, 6),
  indices: Int32Array.of(1, 4, 0, 1, 2, 4),
  values: Float32Array.of(0.5, -1, 2, 0.25, 1.5, -0.75),
};
const square: Csr = {
  rows: 4,
  cols: 4,
  offsets: Int32Array.of(0, 2, 3, 3, 5),
  indices: Int32Array.of(1, 3, 0, 2, 3),
  values: Float32Array.of(0.5, 0.7, -0.4, 0.3, 0.2),
};
const packed = packMatrix(
  device,
  device.upload(Float32Array.from({ length: 15 }, (_, n) => ((n % 3) - 1) / 8)),
  [3, 5],
);
const pattern = uploadPattern(device, sparse);
const lists = { rows: 4, k: 2, indices: Int32Array.of(0, 3, 2, 2, 1, 0, 3, 0) };

function entriesAt(places: readonly number[]): Entries {
  const each = Int32Array.from({ length: places.length + 1 }, (_, place) => place);
  const ids = [each.subarray(0, places.length), each, Int32Array.from(places)].map((of) => device.upload(of));
  return { count: places.length, order: ids[0], segmentOffsets: ids[1], segmentIds: ids[2] };
}

interface Row {
  readonly inputs: readonly Tensor[];
  readonly apply: (tape: Tape, inputs: readonly Tensor[]) => Tensor;
}

/** For each row of the table at least one case; every input is trainable, so every gradient is checked. */
const cases: Record<keyof typeof gradientTable, Record<string, Row>> = {
  addBias: {
    rows: { inputs: [trainable(3, 4), trainable(1, 4)], apply: (t, [x, b]) => t.addBias(x, b) },
    leaky: { inputs: [trainable(3, 4), trainable(1, 4)], apply: (t, [x, b]) => t.add(x, t.addBias(x, b, 0.2)) },
  },
  assemble: {
    'three blocks': {
      inputs: [trainable(2, 2), trainable(2, 2), trainable(4, 3)],
      apply: (t, [a, b, c]) =>
        t.assemble(
          [4, 5],
          [
            { block: a, row: 0, col: 0 },
            { block: b, row: 2, col: 0 },
            { block: c, row: 0, col: 2 },
          ],
        ),
    },
    'one block twice': { inputs: [trainable(2, 2)], apply: (t, [a]) => t.concatenate([a, a]) },
  },
  batchNorm: {
    rows: {
      inputs: [trainable(5, 3), trainable(1, 3), trainable(1, 3)],
      apply: (t, [x, scale, bias]) => t.batchNorm(x, scale, bias),
    },
    'what else its input is for': {
      inputs: [trainable(5, 3), trainable(1, 3)],
      apply: (t, [x, row]) => t.add(t.unary(x, 'square'), t.batchNorm(x, row, row, 0.1)),
    },
  },
  bpr: {
    rows: { inputs: [trainable(5, 3), trainable(5, 3), trainable(5, 3)], apply: (t, [u, p, n]) => t.bpr(u, p, n) },
    'user as its own positive': { inputs: [trainable(5, 3), trainable(5, 3)], apply: (t, [u, n]) => t.bpr(u, u, n) },
  },
  columnMeans: { rows: { inputs: [trainable(5, 3)], apply: (t, [x]) => t.columnMeans(x) } },
  columns: {
    middle: { inputs: [trainable(3, 5)], apply: (t, [x]) => t.columns(x, 1, 3) },
    'two overlapping': { inputs: [trainable(3, 5)], apply: (t, [x]) => t.add(t.columns(x, 0, 3), t.columns(x, 2, 3)) },
  },
  combine: {
    weighted: { inputs: [trainable(3, 2), trainable(3, 2)], apply: (t, [a, b]) => t.add(a, b, 0.5, -2) },
    'with itself': { inputs: [trainable(3, 2)], apply: (t, [a]) => t.add(t.scale(a, 2), a) },
    'one result twice': {
      inputs: [trainable(3, 2)],
      apply: (t, [a]) => {
        const b = t.scale(a, 2);
        return t.add(b, b);
      },
    },
  },
  dot: {
    two: { inputs: [trainable(3, 2), trainable(3, 2)], apply: (t, [a, b]) => t.dot(a, b, 0.3) },
    'squared norm': { inputs: [trainable(3, 2)], apply: (t, [a]) => t.squaredNorm(a, 0.3) },
  },
  dropout: {
    'one mask twice': {
      inputs: [trainable(4, 5)],
      apply: (t, [x]) => t.add(x, t.dropout(x, 0.4, new RandomStreams(3).stream('mask'))),
    },
  },
  entryDots: {
    two: { inputs: [trainable(4, 3), trainable(5, 3)], apply: (t, [a, b]) => t.entryDots(pattern, a, b) },
    'rows with themselves': {
      inputs: [trainable(4, 3)],
      apply: (t, [a]) => t.entryDots(uploadPattern(device, square), a, a),
    },
  },
  gatherRows: {
    'repeated ids': {
      inputs: [trainable(5, 3)],
      apply: (t, [x]) => t.gatherRows(x, device.upload(Int32Array.of(4, 0, 4, 2))),
    },
    'from a row on': {
      inputs: [trainable(5, 3)],
      apply: (t, [x]) => t.gatherRows(x, device.upload(Int32Array.of(1, 0, 1)), 3),
    },
  },
  gemm: {
    plain: { inputs: [trainable(3, 4), trainable(4, 2)], apply: (t, [a, b]) => t.gemm(a, b) },
    'a transposed': {
      inputs: [trainable(4, 3), trainable(4, 2)],
      apply: (t, [a, b]) => t.gemm(a, b, { transposeA: true }),
    },
    'b transposed': {
      inputs: [trainable(3, 4), trainable(2, 4)],
      apply: (t, [a, b]) => t.gemm(a, b, { transposeB: true }),
    },
    'both transposed': {
      inputs: [trainable(4, 3), trainable(2, 4)],
      apply: (t, [a, b]) => t.gemm(a, b, { transposeA: true, transposeB: true }),
    },
    'a matrix times itself': { inputs: [trainable(3, 3)], apply: (t, [a]) => t.gemm(a, a) },
  },
  gram: {
    tall: { inputs: [trainable(5, 3)], apply: (t, [x]) => t.gram(x) },
    'what else its input is for': { inputs: [trainable(3, 3)], apply: (t, [x]) => t.add(x, t.gram(x)) },
  },
  hypercomplex: Object.fromEntries(
    [2, 4, 8].flatMap((components) =>
      [true, false].map((conjugates) => [
        `${components} parts${conjugates ? ', conjugating' : ''}`,
        {
          inputs: [trainable(2, components), trainable(2, components)],
          apply: (t: Tape, [x, y]: readonly Tensor[]) =>
            t.hypercomplex(x, t.hypercomplex(x, y, components, { conjugates }), components, { conjugates }),
        },
      ]),
    ),
  ),
  infonceRows: {
    'each row': {
      inputs: [trainable(3, 4), trainable(5, 4)],
      apply: (t, [a, b]) => t.infonceRows(a, b, device.upload(Int32Array.of(4, 0, 0)), 0.7),
    },
    'rows among themselves': {
      inputs: [trainable(3, 4)],
      apply: (t, [a]) => t.infonceRows(a, a, device.upload(Int32Array.of(0, 1, 2)), 0.7),
    },
  },
  infonce: {
    'all pairs': {
      inputs: [trainable(3, 4), trainable(5, 4)],
      apply: (t, [a, b]) => t.infonce(a, b, device.upload(Int32Array.of(4, 0, 0)), 0.7),
    },
  },
  leakySlope: {
    both: {
      inputs: [trainable(3, 4), trainable(3, 4, awayFromZero)],
      apply: (t, [dOut, x]) => t.leakySlope(dOut, x, 0.2),
    },
  },
  lightgcnReadout: {
    'not symmetric': {
      inputs: [trainable(4, 3)],
      apply: (t, [x]) => t.lightgcnReadout(uploadSparse(device, square), x, 2, 0.4),
    },
    'added to another gradient': {
      inputs: [trainable(4, 3)],
      apply: (t, [x]) => t.add(x, t.lightgcnReadout(uploadSparse(device, square), x, 3, 1)),
    },
  },
  linear: {
    'three inputs': {
      inputs: [trainable(3, 4), trainable(4, 2), trainable(1, 2)],
      apply: (t, [x, weight, bias]) => t.linear(x, weight, bias),
    },
    'added to other gradients': {
      inputs: [trainable(3, 3), trainable(1, 3)],
      apply: (t, [x, bias]) => t.linear(t.linear(x, x, bias), x, bias),
    },
  },
  multiply: {
    two: { inputs: [trainable(3, 2), trainable(3, 2)], apply: (t, [a, b]) => t.multiply(a, b) },
    'with itself': { inputs: [trainable(3, 2)], apply: (t, [a]) => t.multiply(a, a) },
  },
  neighbourMean: {
    'whole graph': {
      inputs: [trainable(4, 3)],
      apply: (t, [x]) => t.neighbourMean(x, uploadNeighbours(device, lists, 4), { alpha: 0.5 }),
    },
    'onto x itself': {
      inputs: [trainable(4, 3)],
      apply: (t, [x]) => {
        const y = t.scale(x, 2);
        return t.neighbourMean(y, uploadNeighbours(device, lists, 4), { base: y });
      },
    },
    'selected rows': {
      inputs: [trainable(4, 3), trainable(2, 3)],
      apply: (t, [x, base]) =>
        t.neighbourMean(
          x,
          { neighbours: device.upload(Int32Array.of(3, 0, 3, 3)), k: 2, transposed: null },
          { base, alpha: 0.9 },
        ),
    },
  },
  normalizeRows: { rows: { inputs: [trainable(4, 3)], apply: (t, [x]) => t.normalizeRows(x) } },
  packedLinear: {
    // weights of 0 and a small constant: rounding to bfloat16 is then far below what the differences resolve
    'a constant in bfloat16': {
      inputs: [trainable(5, 2, () => 0), trainable(1, 2)],
      apply: (t, [w, bias]) => t.packedLinear(packed, w, bias),
    },
    leaky: {
      inputs: [trainable(5, 2, () => 0), trainable(1, 2)],
      apply: (t, [w, bias]) => t.packedLinear(packed, w, bias, 0.1),
    },
  },
  rowDot: {
    two: { inputs: [trainable(4, 3), trainable(4, 3)], apply: (t, [a, b]) => t.rowDot(a, b) },
    'with itself': { inputs: [trainable(4, 3)], apply: (t, [a]) => t.rowDot(a, a) },
  },
  scale: { rows: { inputs: [trainable(3, 2)], apply: (t, [x]) => t.scale(x, -1.5) } },
  softmaxRows: { rows: { inputs: [trainable(4, 3)], apply: (t, [x]) => t.softmaxRows(x) } },
  logSumExpRows: { rows: { inputs: [trainable(4, 3)], apply: (t, [x]) => t.logSumExpRows(x) } },
  scaleColumns: {
    columns: { inputs: [trainable(4, 3), trainable(1, 3)], apply: (t, [x, s]) => t.scaleColumns(x, s) },
    'by itself': { inputs: [trainable(1, 3)], apply: (t, [x]) => t.scaleColumns(x, x) },
  },
  scaleRows: { rows: { inputs: [trainable(4, 3), trainable(4, 1)], apply: (t, [x, s]) => t.scaleRows(x, s) } },
  spmm: {
    'with an empty row': { inputs: [trainable(5, 3)], apply: (t, [x]) => t.spmm(uploadSparse(device, sparse), x, 1.3) },
  },
  spmmRows: {
    'repeated rows': {
      inputs: [trainable(5, 3)],
      apply: (t, [x]) => t.spmmRows(uploadSparse(device, sparse), device.upload(Int32Array.of(2, 0, 2, 1)), x, 0.8),
    },
  },
  spmmValues: {
    'values and rows': {
      inputs: [trainable(6, 1), trainable(5, 3)],
      apply: (t, [values, x]) => t.spmmValues(pattern, values, x),
    },
    'k neighbours with weights': {
      inputs: [trainable(4, 2), trainable(4, 3)],
      apply: (t, [weights, x]) => t.add(x, t.weightedNeighbours(uploadNeighbourPattern(device, lists, 4), weights, x)),
    },
  },
  transpose: {
    plain: { inputs: [trainable(4, 3)], apply: (t, [x]) => t.transpose(x) },
    'added to another gradient': { inputs: [trainable(3, 3)], apply: (t, [x]) => t.multiply(x, t.transpose(x)) },
  },
  sum: {
    plain: { inputs: [trainable(3, 2)], apply: (t, [x]) => t.sum(x, 0.7) },
    mean: { inputs: [trainable(3, 2)], apply: (t, [x]) => t.mean(x) },
  },
  withoutEntries: {
    some: {
      inputs: [trainable(3, 4)],
      apply: (t, [x]) => t.withoutEntries(t.unary(x, 'square'), entriesAt([1, 4, 11])),
    },
    'what else its input is for': {
      inputs: [trainable(3, 4)],
      apply: (t, [x]) => t.add(x, t.withoutEntries(x, entriesAt([0, 5]))),
    },
    none: { inputs: [trainable(2, 2)], apply: (t, [x]) => t.withoutEntries(x, entriesAt([])) },
  },
  unary: Object.fromEntries(
    (
      [
        'leakyRelu',
        'relu',
        'sigmoid',
        'tanh',
        'exp',
        'log',
        'sqrt',
        'softplus',
        'square',
        'abs',
        'negate',
        'sign',
        'reciprocal',
        'power',
        'shift',
        'atLeast',
        'atMost',
      ] as UnaryFunction[]
    ).map((f) => [
      f,
      {
        inputs: [trainable(3, 4, ['log', 'sqrt', 'power'].includes(f) ? positive : awayFromZero)],
        apply: (t: Tape, [x]: readonly Tensor[]) => t.unary(x, f, 0.2),
      },
    ]),
  ),
};

/** Scalar loss: the result weighted by fixed numbers, so that no gradient is hidden by symmetry. */
function weighted(tape: Tape, out: Tensor): Tensor {
  const data = Float32Array.from({ length: out.rows * out.cols }, (_, i) => Math.cos(1 + 2 * i));
  return tape.dot(out, constant(device, { rows: out.rows, cols: out.cols, data }, 'weights'));
}

describe.each(Object.entries(cases))('gradient of %s', (_name, rows) => {
  test.each(Object.entries(rows))('%s', (_case, { inputs, apply }) => {
    const named = Object.fromEntries(inputs.map((input, i) => [`input ${i}`, input]));
    expect(checkGradients(device, named, (tape) => weighted(tape, apply(tape, inputs)))).toEqual([]);
  });
});

test('the check sees a wrong gradient', () => {
  const x = trainable(3, 2);
  const wrong: typeof gradientTable.scale = {
    ...gradientTable.scale,
    backward: ({ pass, inputs }) => pass(inputs[0], 1),
  };
  const mismatches = checkGradients(device, { x }, (tape) => weighted(tape, tape.apply(wrong, [x], { alpha: 3 })));
  expect(mismatches).toHaveLength(6);
  expect(mismatches[0].difference / mismatches[0].gradient).toBeCloseTo(3, 2);
});

test('entries that are left out are 0, whatever stands there', () => {
  const tape = new Tape(device);
  const x = parameter(device, [2, 2], device.upload(Float32Array.of(3, -2, 5, 1e30)), 'x');
  expect(tape.step(() => Array.from(tape.withoutEntries(x, entriesAt([1, 3])).read()))).toEqual([3, 0, 5, 0]);
});

describe('adjoints: <J v, w> = <v, Jt w> for the linear rows', () => {
  const linear: Record<string, { shape: [number, number]; apply: (tape: Tape, x: Tensor) => Tensor }> = {
    spmm: { shape: [5, 3], apply: (t, x) => t.spmm(uploadSparse(device, sparse), x) },
    'spmm of the transpose': { shape: [4, 3], apply: (t, x) => t.spmm(uploadSparse(device, transpose(sparse)), x) },
    spmmRows: {
      shape: [5, 3],
      apply: (t, x) => t.spmmRows(uploadSparse(device, sparse), device.upload(Int32Array.of(3, 2, 3)), x),
    },
    neighbourMean: { shape: [4, 3], apply: (t, x) => t.neighbourMean(x, uploadNeighbours(device, lists, 4)) },
    lightgcnReadout: { shape: [4, 3], apply: (t, x) => t.lightgcnReadout(uploadSparse(device, square), x, 3, 0.25) },
    gatherRows: { shape: [5, 3], apply: (t, x) => t.gatherRows(x, device.upload(Int32Array.of(1, 1, 4))) },
    columns: { shape: [4, 5], apply: (t, x) => t.columns(x, 2, 2) },
    columnMeans: { shape: [4, 5], apply: (t, x) => t.columnMeans(x) },
  };
  test.each(Object.entries(linear))('%s', (_name, { shape, apply }) => {
    const tape = new Tape(device);
    const v = trainable(...shape);
    const { forward, weights } = tape.step(() => {
      const out = apply(tape, v);
      const weights = Float32Array.from({ length: out.rows * out.cols }, () => random.normal());
      const w = constant(device, { rows: out.rows, cols: out.cols, data: weights }, 'w');
      const product = tape.dot(out, w);
      tape.backward(product);
      return { forward: product.read()[0], weights };
    });
    expect(weights.length).toBeGreaterThan(0);
    const adjoint = device.read(v.gradientBuffer());
    const backward = v.read().reduce((sum, value, i) => sum + value * adjoint[i], 0);
    v.dropGradient();
    expect(backward).toBeCloseTo(forward, 4);
  });
});
