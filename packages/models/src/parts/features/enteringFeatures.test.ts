import { type PackedMatrix, Tape, type Tensor } from '@agentmmrec/autograd';
import { type Matrix, matrix, RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, findModel, type KeepMatrix, type ModelData, models } from '../../index.js';
import { batchOf, checkerboard, checkerboardData } from '../../testing/checkerboard.js';
import { fit } from '../../testing/fit.js';
import { scoresOf } from '../../testing/scores.js';
import { linearLayer } from '../linear.js';
import { enteringFeatures, projectedFeatures } from './enteringFeatures.js';

const device = openDevice('cpu', { threads: 1 });
const train = checkerboard(20);

/** Features [items, width] of few directions. */
function wide(items: number, width: number, directions: number, seed = 1): Matrix {
  const stream = new RandomStreams(seed).stream('wide');
  const draw = (rows: number, cols: number) =>
    Array.from({ length: rows }, () => Array.from({ length: cols }, () => stream.normal()));
  const [left, right] = [draw(items, directions), draw(directions, width)];
  const out = matrix(items, width);
  left.forEach((row, r) => {
    for (let c = 0; c < width; c++)
      out.data[r * width + c] = row.reduce((sum, value, n) => sum + value * right[n][c], 0);
  });
  return out;
}

const imageOf = (x: Matrix) => ({ modality: 'image', matrix: x, synthetic: true });

function contextOf(remarks: string[] = [], data: Partial<ModelData> = {}) {
  const memory: { name: string; values: Float32Array; restored: () => void }[] = [];
  const context = {
    device,
    data: { ...checkerboardData(device, train, { modalities: [], knowledge: false }), ...data },
    random: new RandomStreams(5),
    remark: (text: string) => void remarks.push(text),
    keeps: (name: string, values: unknown, restored: () => void) =>
      void memory.push({ name, values: values as Float32Array, restored }),
  };
  return { context: context as unknown as Parameters<typeof enteringFeatures>[0], memory };
}

describe('features', () => {
  test('of few directions enter through them: the same inner products, longer by what Adam needs', () => {
    const x = wide(30, 300, 9);
    const remarks: string[] = [];
    const { values, inputs } = enteringFeatures(contextOf(remarks).context, imageOf(x), 'auto');
    expect(values.shape).toEqual([30, 9]);
    expect(inputs).toEqual({ inputs: 9, insteadOf: 300, longerBy: Math.sqrt(300 / 9) });
    expect(remarks).toEqual(['image features enter through 9 of 300 directions, without a millionth of their energy']);
    const z = values.read();
    const dot = (of: Float32Array, d: number, a: number, b: number) => {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += of[a * d + c] * of[b * d + c];
      return sum;
    };
    for (const [a, b] of [
      [0, 0],
      [3, 8],
      [29, 11],
    ]) {
      expect(dot(z, 9, a, b) / (300 / 9) / dot(x.data, 300, a, b)).toBeCloseTo(1, 4);
    }
  });

  test('enter as they are where they are narrow, where that is asked for, and where no half of them is enough', () => {
    const remarks: string[] = [];
    const { context } = contextOf(remarks);
    const noise = new RandomStreams(2).stream('noise');
    const full = matrix(
      400,
      256,
      Float32Array.from({ length: 400 * 256 }, () => noise.normal()),
    );
    for (const [x, option] of [
      [wide(30, 200, 9), 'auto'],
      [wide(30, 300, 9), 'full'],
      [full, 'auto'],
      [wide(30, 40, 9), '40'],
    ] as const) {
      expect(enteringFeatures(context, imageOf(x), option).values.read()).toEqual(x.data);
    }
    expect(remarks).toEqual([
      'image features enter as they are: no half of their 256 directions keeps 99.9 % of their energy',
    ]);
    expect(enteringFeatures(context, imageOf(wide(30, 40, 9)), '4').values.cols).toBe(4);
    for (const option of ['some', '0', '1.5']) {
      expect(() => enteringFeatures(context, imageOf(wide(30, 40, 9)), option)).toThrow(/featureRank.*auto, full/);
    }
  });

  test('give a layer outputs that are distributed as those over all columns', () => {
    const x = wide(400, 320, 16);
    const spread = (option: string, initial?: 'xavierNormal') => {
      const { context } = contextOf();
      const { values, inputs } = enteringFeatures(context, imageOf(x), option);
      const layer = linearLayer(context, 'layer', { inputs, outputs: 64, bias: false, ...(initial && { initial }) });
      const tape = new Tape(device);
      return tape.step(() => {
        const out = layer.apply(tape, values as Tensor).read();
        return Math.sqrt(out.reduce((sum, value) => sum + value * value, 0) / out.length);
      });
    };
    for (const initial of [undefined, 'xavierNormal'] as const) {
      expect(spread('auto', initial) / spread('full', initial)).toBeGreaterThan(0.85);
      expect(spread('auto', initial) / spread('full', initial)).toBeLessThan(1.15);
    }
  });

  test('keep their directions with whoever keeps matrices, under what they were made of', () => {
    const kept = new Map<string, Matrix | null>();
    let made = 0;
    const keep: KeepMatrix = (from, make) => {
      const key = JSON.stringify(from);
      if (!kept.has(key)) {
        made++;
        kept.set(key, make());
      }
      return kept.get(key) as Matrix | null;
    };
    const x = wide(30, 300, 9);
    const run = (of: Matrix, option: string) => enteringFeatures(contextOf([], { keep }).context, imageOf(of), option);
    const first = run(x, 'auto').values.read().slice();
    expect(run(x, 'auto').values.read()).toEqual(first);
    expect(made).toBe(1);
    run(x, '5');
    run(wide(30, 300, 9, 2), 'auto');
    expect(made).toBe(3);
  });

  test('follow the directions that a checkpoint brings, in bfloat16 too', () => {
    const x = wide(30, 300, 9);
    const { context, memory } = contextOf();
    const { values } = enteringFeatures(context, imageOf(x), 'auto');
    const packed = projectedFeatures({ ...context, precision: 'bf16' }, imageOf(x), 'auto');
    const halves = packed.values as PackedMatrix;
    const before = [values.read().slice(), (halves.forward as Int32Array).slice()];
    expect(memory.map(({ name }) => name)).toEqual(['directions.image', 'directions.image']);
    for (const { values: directions, restored } of memory) {
      directions.forEach((value, n) => {
        directions[n] = -value;
      });
      restored();
    }
    expect(values.read()).toEqual(before[0].map((value) => (value === 0 ? value : -value)));
    expect(halves.forward).not.toEqual(before[1]);
  });
});

describe('AgentMMRec', () => {
  const data: ModelData = {
    ...checkerboardData(device, train, { modalities: [], knowledge: false }),
    features: [imageOf(wide(20, 300, 3))],
  };
  const small = { dimensions: 8, k: 3, layers: 2 };
  const learned = (given: Record<string, unknown>, precision: 'fp32' | 'bf16' = 'fp32') => {
    const context = { data, device, precision, random: new RandomStreams(3) };
    const model = buildModel(models.agentmmrec, context, { ...small, ...given });
    const losses = fit(model, { device, train, epochs: 15 });
    const scores = scoresOf(model, device, data).flat();
    return { model, last: losses[losses.length - 1], first: losses[0], scores };
  };

  test.each([{ modalities: 'views' }, { modalities: 'blocks' }])(
    'learns through directions and in bfloat16 as over all columns: %j',
    (given) => {
      const full = learned({ ...given, featureRank: 'full' });
      const few = learned({ ...given, featureRank: 'auto' });
      const half = learned({ ...given, featureRank: 'auto' }, 'bf16');
      for (const { first, last } of [few, half]) {
        expect(Math.abs(first - full.first)).toBeLessThan(0.02 * full.first);
        expect(last).toBeLessThan(0.8 * first);
        expect(Math.abs(last - full.last)).toBeLessThan(0.3 * full.first);
      }
      // the same numbers but for the rounding of the products
      expect(Math.abs(half.last - few.last)).toBeLessThan(0.05 * few.first);
      expect(half.scores).not.toEqual(few.scores);
    },
  );

  test('a model with other directions in its memory ranks by those once they are restored', () => {
    const { model, scores } = learned({ featureRank: 'auto' });
    const directions = model.state['directions.image'] as Float32Array;
    const own = directions.slice();
    directions.fill(0);
    model.restored();
    expect(scoresOf(model, device, data).flat()).not.toEqual(scores);
    directions.set(own);
    model.restored();
    expect(scoresOf(model, device, data).flat()).toEqual(scores);
  });
});

test('other models take the option, off by default', () => {
  const data: ModelData = {
    ...checkerboardData(device, train, { modalities: [], knowledge: false }),
    features: [imageOf(wide(20, 300, 3))],
  };
  const batch = batchOf(device, [0, 3], [2, 5], [1, 4]);
  for (const name of ['vbpr', 'dualgnn', 'frerec', 'lgmrec', 'diffmm', 'mmssl'] as const) {
    const built = (given: Record<string, unknown>) =>
      buildModel(findModel(name), { data, device, random: new RandomStreams(3) }, { dimensions: 8, ...given });
    const inputsOf = (given: Record<string, unknown>) =>
      Math.max(
        ...Object.entries(built(given).parameters).flatMap(([of, { rows }]) =>
          /project|widen/.test(of) ? [rows] : [],
        ),
      );
    expect([name, inputsOf({}), inputsOf({ featureRank: 'auto' })]).toEqual([name, 300, 3]);
    const tape = new Tape(device);
    expect(Number.isFinite(tape.step(() => built({ featureRank: 'auto' }).loss(tape, batch).read()[0]))).toBe(true);
  }
});
