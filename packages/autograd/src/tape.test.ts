import { type Device, openDevice } from '@agentmmrec/kernels';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import { Tape } from './tape.js';
import { constant, parameter, type Tensor } from './tensor.js';

let device: Device;
let tape: Tape;

beforeEach(() => {
  device = openDevice('reference');
  tape = new Tape(device);
});

function trainable(rows: number, cols: number, name = 'x'): Tensor {
  const values = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i + 1));
  return parameter(device, [rows, cols], device.upload(values), name);
}

function fixed(rows: number, cols: number): Tensor {
  return constant(device, { rows, cols, data: new Float32Array(rows * cols).fill(0.5) }, 'fixed');
}

/** The device with every kernel call noted by name. */
function noting(original: Device): { device: Device; calls: string[] } {
  const calls: string[] = [];
  const kernels = new Proxy(original.kernels, {
    get: (target, name, receiver) => {
      calls.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  return {
    device: new Proxy(original, {
      get: (target, name) =>
        name === 'kernels' ? kernels : name === 'kernelsIn' ? () => kernels : bound(target, name),
    }),
    calls,
  };
}

function bound(target: Device, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

describe('memory', () => {
  test('500 steps leave nothing behind but the gradients, and do not grow the pool', () => {
    const x = trainable(20, 8);
    const weight = trainable(8, 8, 'weight');
    const step = () => {
      tape.step(() => {
        const hidden = tape.unary(tape.gemm(tape.rows(x, 4, 10), weight), 'leakyRelu');
        const picked = tape.gatherRows(hidden, tape.ints(Int32Array.of(1, 1, 7)));
        tape.backward(tape.add(tape.squaredNorm(picked), tape.mean(tape.normalizeRows(hidden))));
      });
      x.dropGradient();
      weight.dropGradient();
    };
    const usedBefore = device.memory().usedBytes;
    step();
    const after = device.memory();
    expect(after.usedBytes).toBe(usedBefore);
    for (let i = 0; i < 500; i++) step();
    expect(device.memory()).toEqual(after);
  });

  test('a step that throws gives its memory back', () => {
    const x = trainable(4, 4);
    const before = device.memory().usedBytes;
    expect(() =>
      tape.step(() => {
        tape.scale(x, 2);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(device.memory().usedBytes).toBe(before);
    expect(tape.step(() => tape.sum(x).read()[0])).toBeCloseTo(x.read().reduce((a, b) => a + b));
  });

  test('a backward that throws gives its memory back', () => {
    const x = trainable(4, 4);
    const before = device.memory().usedBytes;
    const broken = {
      name: 'broken',
      shape: () => [4, 4] as const,
      forward: () => {},
      backward: () => {
        throw new Error('broken');
      },
    };
    expect(() => tape.step(() => tape.backward(tape.sum(tape.scale(tape.apply(broken, [x], undefined), 2))))).toThrow(
      'broken',
    );
    x.dropGradient();
    expect(device.memory().usedBytes).toBe(before);
  });

  test('a result cannot be used after its step', () => {
    const x = trainable(2, 2);
    const left = tape.step(() => tape.scale(x, 2));
    expect(() => left.read()).toThrow(/scale \[2 x 2\]: got a use after the step that made it ended.*HINT/);
  });
});

describe('backward', () => {
  test('adds to a gradient until the optimizer takes it', () => {
    const x = trainable(2, 3);
    const backward = () => tape.step(() => tape.backward(tape.sum(x)));
    backward();
    backward();
    expect(Array.from(device.read(x.gradientBuffer()))).toEqual(Array(6).fill(2));
  });

  test('rows of a parameter and of a result share its gradient, whatever else reaches it', () => {
    const x = trainable(6, 3);
    const losses: Record<string, (t: Tape) => Tensor> = {
      'a parameter': (t) => t.add(t.squaredNorm(t.rows(x, 1, 2)), t.sum(t.unary(x, 'exp'))),
      'a result, before and after another use': (t) => {
        const y = t.unary(x, 'tanh');
        const [low, high] = [t.rows(y, 0, 3), t.rows(y, 3, 3)];
        const mixed = t.add(t.multiply(low, high), t.gatherRows(y, t.ints(Int32Array.of(5, 0, 0))));
        return t.total([t.sum(mixed), t.squaredNorm(y), t.dot(low, t.add(low, high)), t.sum(high, 0.3)]);
      },
      'rows of rows': (t) => t.squaredNorm(t.rows(t.rows(t.scale(x, 3), 1, 4), 1, 2)),
      'two parts of one table in one operation': (t) => {
        const y = t.unary(x, 'tanh');
        return t.add(t.bpr(t.rows(y, 0, 2), t.rows(y, 2, 2), t.rows(y, 3, 2)), t.dot(y, x));
      },
    };
    for (const [name, loss] of Object.entries(losses)) {
      expect([name, checkGradients(device, { x }, loss)]).toEqual([name, []]);
    }
  });

  test('constants cost nothing: neither a gradient nor a kernel call', () => {
    const noted = noting(device);
    const quiet = new Tape(noted.device);
    const weight = trainable(3, 2);
    const features = fixed(4, 3);
    quiet.step(() => {
      quiet.squaredNorm(quiet.gemm(features, features, { transposeA: true })); // leads to no parameter
      const loss = quiet.sum(quiet.gemm(features, weight));
      noted.calls.length = 0;
      quiet.backward(loss);
    });
    expect(noted.calls.filter((name) => name === 'gemm')).toHaveLength(1); // the weight's alone
    expect(features.gradient).toBeNull();
  });

  test('branches that do not reach the loss are not walked', () => {
    const noted = noting(device);
    const quiet = new Tape(noted.device);
    const x = trainable(3, 3);
    quiet.step(() => {
      quiet.gemm(x, x);
      const loss = quiet.sum(x);
      noted.calls.length = 0;
      quiet.backward(loss);
    });
    expect(noted.calls).not.toContain('gemm');
  });

  test('a tape that does not record keeps no nodes', () => {
    const silent = new Tape(device, { recording: false });
    const x = trainable(2, 2);
    silent.step(() => {
      const loss = silent.sum(x);
      expect(loss.requiresGradient).toBe(false);
      silent.backward(loss);
    });
    expect(x.gradient).toBeNull();
  });

  test('a loss must be a scalar', () => {
    const x = trainable(2, 3);
    expect(() => tape.step(() => tape.backward(tape.scale(x, 1)))).toThrow(
      'tape: got a loss of shape [2 x 3], expected a scalar [1 x 1]. HINT: reduce it with sum or mean',
    );
  });
});

describe('misuse', () => {
  const x = () => trainable(2, 3, 'x');
  const y = () => trainable(3, 2, 'y');
  test.each<[string, (t: Tape) => Tensor, RegExp]>([
    ['combine', (t) => t.add(x(), y()), /combine: got x \[2 x 3\] and y \[3 x 2\], expected equal shapes/],
    ['multiply', (t) => t.multiply(x(), trainable(1, 3, 'row')), /x \[2 x 3\] and row \[1 x 3\].*never broadcast/],
    ['gemm', (t) => t.gemm(x(), x()), /gemm: got x \[2 x 3\] times x \[2 x 3\], expected equal inner sizes/],
    ['addBias', (t) => t.addBias(x(), trainable(1, 2, 'b')), /addBias: got bias b \[1 x 2\], expected \[1 x 3\]/],
    ['linear', (t) => t.linear(x(), y(), trainable(1, 3, 'b')), /linear: got bias b \[1 x 3\], expected \[1 x 2\]/],
    ['bpr', (t) => t.bpr(x(), x(), y()), /bpr: got x \[2 x 3\] and y \[3 x 2\]/],
    [
      'concatenate',
      (t) => t.concatenate([x(), y()]),
      /y \[3 x 2\] at row 0, column 3, expected a block inside \[2 x 5\]/,
    ],
    ['assemble', (t) => t.assemble([2, 4], [{ block: x(), row: 0, col: 0 }]), /blocks of 6 values, expected 8/],
    ['columns', (t) => t.columns(x(), 2, 2), /columns 2 to 4 of \[2 x 3\]/],
    ['rows', (t) => t.rows(x(), 1, 2), /rows 1 to 3 of x with 2 rows/],
    ['rowDot', (t) => t.rowDot(x(), y()), /\[2 x 3\] and \[3 x 2\]/],
    ['scaleRows', (t) => t.scaleRows(x(), y()), /scale \[3 x 2\] for x \[2 x 3\], expected \[2 x 1\]/],
    ['infonce', (t) => t.infonce(x(), x(), t.ints(Int32Array.of(0)), 1), /1 targets, expected 2/],
    [
      'neighbourMean',
      (t) => t.neighbourMean(x(), { neighbours: t.ints(Int32Array.of(0, 1, 1)), k: 2, transposed: null }),
      /3 neighbours/,
    ],
  ])('%s names both shapes', (_name, call, sentence) => {
    expect(() => tape.step(() => call(tape))).toThrow(sentence);
  });

  test('operations, steps and promises out of place', () => {
    expect(() => tape.scale(x(), 2)).toThrow(/an operation outside tape.step/);
    expect(() => tape.step(() => tape.step(() => 1))).toThrow(/a step inside a step/);
    expect(() => tape.step(() => Promise.resolve(1))).toThrow(/an asynchronous step/);
  });

  test('memory of another length than the shape', () => {
    expect(() => parameter(device, [2, 3], device.floats(5), 'table')).toThrow(
      /table: got 5 values, expected 6 for shape \[2 x 3\]/,
    );
  });
});

test('a model distribution apart from itself by nothing, and from a shifted one by the shift', () => {
  const x = trainable(6, 2);
  const shift = parameter(device, [1, 2], device.upload(Float32Array.of(2, -1)), 'shift');
  const [same, apart] = tape.step(() => [
    tape.distributionDistance(x, x).read()[0],
    tape.distributionDistance(x, tape.addBias(x, shift)).read()[0],
  ]);
  expect(same).toBe(0);
  expect(apart).toBeCloseTo(3, 5);
});
