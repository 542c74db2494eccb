import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import { Tape } from './tape.js';
import { constant, parameter, type Tensor } from './tensor.js';
import { uploadNeighbourPattern, uploadPattern } from './upload.js';

const device = openDevice('cpu', { threads: 1 });
const streams = new RandomStreams(11);
const stream = streams.stream('values');

function trainable(rows: number, cols: number, draw = () => stream.normal()): Tensor {
  return parameter(device, [rows, cols], device.upload(Float32Array.from({ length: rows * cols }, draw)), 'x');
}

/** The values of a result. */
function values(body: (tape: Tape) => Tensor, options: { recording?: boolean } = {}): number[] {
  const tape = new Tape(device, options);
  return tape.step(() => Array.from(body(tape).read()));
}

/** The gradient is the slope of the result weighted by fixed numbers. */
function expectSlopes(inputs: readonly Tensor[], apply: (tape: Tape, inputs: readonly Tensor[]) => Tensor): void {
  const named = Object.fromEntries(inputs.map((input, i) => [`input ${i}`, input]));
  const loss = (tape: Tape): Tensor => {
    const out = apply(tape, inputs);
    const data = Float32Array.from({ length: out.rows * out.cols }, (_, i) => Math.cos(1 + 2 * i));
    return tape.dot(out, constant(device, { rows: out.rows, cols: out.cols, data }, 'weights'));
  };
  expect(checkGradients(device, named, loss)).toEqual([]);
}

const expectClose = (actual: readonly number[], expected: readonly number[], digits = 5) => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], digits);
  });
};

test('detach keeps the values and stops the gradient', () => {
  const x = trainable(2, 3);
  expect(values((t) => t.detach(x))).toEqual(Array.from(x.read()));
  const tape = new Tape(device);
  tape.step(() => tape.backward(tape.sum(tape.multiply(x, tape.detach(tape.scale(x, 3))))));
  expectClose(
    Array.from(x.readGradient()),
    Array.from(x.read(), (v) => 3 * v),
  );
  x.dropGradient();
});

test('reshape keeps the order of the elements and hands the gradient on', () => {
  const x = trainable(2, 6);
  expect(values((t) => t.reshape(x, 4, 3))).toEqual(Array.from(x.read()));
  expectSlopes([x], (t, [a]) => t.gemm(t.reshape(a, 3, 4), t.add(t.reshape(a, 4, 3), t.reshape(t.scale(a, 2), 4, 3))));
});

describe('dropout', () => {
  const x = trainable(100, 50, () => 1);

  test('drops about the rate, scales the rest, and repeats with the stream', () => {
    const dropped = values((t) => t.dropout(x, 0.3, streams.stream('drop')));
    const kept = dropped.filter((v) => v !== 0);
    expect(kept.length / dropped.length).toBeCloseTo(0.7, 1);
    expect(new Set(kept).size).toBe(1);
    expect(kept[0]).toBeCloseTo(1 / 0.7, 6);
    expect(values((t) => t.dropout(x, 0.3, streams.stream('drop')))).toEqual(dropped);
    expect(values((t) => t.dropout(x, 0.3, streams.stream('drop', 1)))).not.toEqual(dropped);
  });

  test('does nothing where nothing is recorded, or at rate 0', () => {
    const whole = Array.from(x.read());
    expect(values((t) => t.dropout(x, 0.3, streams.stream('drop')), { recording: false })).toEqual(whole);
    expect(values((t) => t.dropout(x, 0, streams.stream('drop')))).toEqual(whole);
  });
});

test.each([
  ['uniform', 1 / 2, 1 / 12],
  ['normal', 0, 1],
  ['gumbel', 0.5772157, Math.PI ** 2 / 6],
] as const)('%s noise has its mean and variance', (law, mean, variance) => {
  const drawn = values((t) => t.noise(law, [200, 500], streams.stream('noise')));
  const average = drawn.reduce((sum, v) => sum + v, 0) / drawn.length;
  expect(average).toBeCloseTo(mean, 1);
  expect(drawn.reduce((sum, v) => sum + (v - average) ** 2, 0) / drawn.length / variance).toBeCloseTo(1, 1);
  expect(drawn.every(Number.isFinite)).toBe(true);
});

test('divide, clamp and log sigmoid', () => {
  const x = constant(device, { rows: 1, cols: 4, data: Float32Array.of(-3, -0.5, 0.25, 200) }, 'x');
  expectClose(
    values((t) => t.divide(x, t.filled([1, 4], -2))),
    [1.5, 0.25, -0.125, -100],
  );
  expectClose(
    values((t) => t.clamp(x, -1, 1)),
    [-1, -0.5, 0.25, 1],
  );
  expectClose(
    values((t) => t.logSigmoid(x)),
    [-3.0485873, -0.974077, -0.575939, 0],
  );
  expectSlopes([trainable(3, 2), trainable(3, 2, () => 1 + stream.uniform())], (t, [a, b]) => t.divide(a, b));
  expectSlopes([trainable(3, 2)], (t, [a]) => t.logSigmoid(a));
});

test('softmaxColumns sums to one down the columns', () => {
  const x = trainable(5, 3);
  const out = values((t) => t.softmaxColumns(x));
  for (let c = 0; c < 3; c++) expect([0, 1, 2, 3, 4].reduce((sum, r) => sum + out[r * 3 + c], 0)).toBeCloseTo(1, 5);
  expect(out[0] / out[3]).toBeCloseTo(Math.exp(x.read()[0] - x.read()[3]), 4);
  expectSlopes([x], (t, [a]) => t.softmaxColumns(a));
});

test('gumbelSoftmax picks a class as often as the softmax says, and repeats with its stream', () => {
  const logits = constant(device, { rows: 1, cols: 3, data: Float32Array.of(0, 1, 2) }, 'logits');
  const counts = [0, 0, 0];
  for (let draw = 0; draw < 2000; draw++) {
    const out = values((t) => t.gumbelSoftmax(logits, 0.2, streams.stream('gumbel', draw)));
    counts[out.indexOf(Math.max(...out))]++;
  }
  const whole = 1 + Math.E + Math.E ** 2;
  counts.forEach((count, i) => {
    expect(count / 2000).toBeCloseTo(Math.exp(i) / whole, 1);
  });
  expectSlopes([trainable(4, 3)], (t, [a]) => t.gumbelSoftmax(a, 0.5, streams.stream('gumbel')));
});

describe('sparse values', () => {
  // Rows 0..2 with the columns {1, 2}, {0}, {0, 2}.
  const graph = { rows: 3, cols: 3, offsets: Int32Array.of(0, 2, 3, 5), indices: Int32Array.of(1, 2, 0, 0, 2) };
  const pattern = uploadPattern(device, graph);

  test('weighted neighbours follow the order of the lists', () => {
    const lists = { rows: 2, k: 2, indices: Int32Array.of(2, 0, 1, 1) };
    const x = constant(device, { rows: 3, cols: 1, data: Float32Array.of(1, 10, 100) }, 'x');
    const weights = constant(device, { rows: 2, cols: 2, data: Float32Array.of(2, 3, 4, 5) }, 'weights');
    const neighbours = uploadNeighbourPattern(device, lists, 3);
    expect(values((t) => t.weightedNeighbours(neighbours, weights, x))).toEqual([203, 90]);
  });

  test('normalised entries are value / sqrt(row sum * column’s row sum)', () => {
    const entries = constant(device, { rows: 5, cols: 1, data: Float32Array.of(1, 2, 4, 5, 6) }, 'values');
    expectClose(
      values((t) => t.entrySums(pattern, entries)),
      [3, 4, 11],
    );
    const expected = [1 / Math.sqrt(12), 2 / Math.sqrt(33), 4 / Math.sqrt(12), 5 / Math.sqrt(33), 6 / 11];
    expectClose(
      values((t) => t.normalizeEntries(pattern, entries)),
      expected,
    );
  });

  test('the whole way from rows to a learned graph and its product is differentiable', () => {
    const x = trainable(3, 4, () => 0.5 + stream.uniform());
    expectSlopes([x, trainable(3, 2)], (t, [rows, y]) => {
      const unit = t.normalizeRows(rows);
      return t.spmmValues(pattern, t.normalizeEntries(pattern, t.entryDots(pattern, unit, unit)), y);
    });
  });
});

test('column variances, biased and not, do not cancel far from zero', () => {
  const x = constant(
    device,
    { rows: 4, cols: 2, data: Float32Array.of(1, 1e4, 2, 1e4 + 1, 3, 1e4 + 2, 4, 1e4 + 3) },
    'x',
  );
  expectClose(
    values((t) => t.columnVariances(x)),
    [1.25, 1.25],
  );
  expectClose(
    values((t) => t.columnVariances(x, { unbiased: true })),
    [5 / 3, 5 / 3],
  );
});

test('batchNorm has mean bias and deviation scale', () => {
  const [x, scale, bias] = [trainable(6, 2), trainable(1, 2), trainable(1, 2)];
  const out = values((t) => t.columnMeans(t.batchNorm(x, scale, bias)));
  expectClose(out, Array.from(bias.read()));
  const spread = values((t) => t.columnVariances(t.batchNorm(x, scale, bias, 0)));
  expectClose(
    spread,
    Array.from(scale.read(), (v) => v * v),
    4,
  );
  expectSlopes([x, scale, bias], (t, [a, s, b]) => t.batchNorm(a, s, b));
});

test('crossEntropy is the mean of logSumExp - logit, and names targets that do not fit', () => {
  const x = constant(device, { rows: 2, cols: 3, data: Float32Array.of(0, 1, 2, 3, 0, 0) }, 'x');
  const row = (logits: number[], target: number) =>
    Math.log(logits.reduce((sum, v) => sum + Math.exp(v), 0)) - logits[target];
  const expected = (row([0, 1, 2], 2) + row([3, 0, 0], 1)) / 2;
  expectClose(
    values((t) => t.crossEntropy(x, Int32Array.of(2, 1))),
    [expected],
  );
  expectSlopes([trainable(4, 3)], (t, [a]) => t.crossEntropy(a, Int32Array.of(0, 2, 1, 1)));
  expect(() => values((t) => t.crossEntropy(x, Int32Array.of(2, 3)))).toThrow('a class for each row');
});

test('infonceRows averages to infonce, and gives the log of the sum alone', () => {
  const [a, b] = [trainable(4, 3), trainable(6, 3)];
  const targets = Int32Array.of(5, 0, 2, 2);
  expectClose(
    values((t) => t.mean(t.infonceRows(a, b, t.ints(targets), 0.5))),
    values((t) => t.infonce(a, b, t.ints(targets), 0.5)),
  );
  const sums = values((t) => {
    const ids = t.ints(targets);
    return t.add(t.infonceRows(a, b, ids, 0.5), t.rowDot(a, t.gatherRows(b, ids)), 1, 2);
  });
  expectClose(
    sums,
    values((t) => t.logSumExpRows(t.scale(t.gemm(a, b, { transposeB: true }), 2))),
  );
});
