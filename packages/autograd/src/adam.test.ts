import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { Adam } from './adam.js';
import { parameter } from './tensor.js';

const device = openDevice('reference');

function table(values: readonly number[]) {
  return parameter(device, [1, values.length], device.upload(Float32Array.from(values)), 'table');
}

function give(tensor: ReturnType<typeof table>, gradient: readonly number[]): void {
  device.write(tensor.gradientBuffer(), Float32Array.from(gradient));
}

/** Algorithm 1 of the paper in float64, one number. */
function paperAdam(start: number, gradients: readonly number[], learningRate: number): number {
  let [x, m, v] = [start, 0, 0];
  for (const [i, g] of gradients.entries()) {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= (learningRate * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
  }
  return x;
}

describe('Adam', () => {
  test('follows algorithm 1', () => {
    const x = table([1, -2]);
    const adam = new Adam({ x }, { learningRate: 0.1 });
    const gradients = [
      [0.5, -3],
      [0.1, 2],
      [-0.7, 0.01],
    ];
    for (const gradient of gradients) {
      give(x, gradient);
      adam.step();
      expect(x.gradient).toBeNull();
    }
    expect(x.read()[0]).toBeCloseTo(
      paperAdam(
        1,
        gradients.map(([g]) => g),
        0.1,
      ),
      5,
    );
    expect(x.read()[1]).toBeCloseTo(
      paperAdam(
        -2,
        gradients.map(([, g]) => g),
        0.1,
      ),
      5,
    );
  });

  test('leaves alone what no gradient reached', () => {
    const x = table([1]);
    const y = table([1]);
    const adam = new Adam({ x, y }, { learningRate: 0.1 });
    give(x, [1]);
    give(y, [1]);
    adam.step();
    const before = y.read()[0];
    give(x, [1]);
    adam.step();
    expect(y.read()[0]).toBe(before);
    expect(x.read()[0]).toBeLessThan(before);
  });

  test('state and load go on with the same bits', () => {
    const gradients = [0.3, -0.2, 0.9, 0.1].map((g) => [g, -2 * g]);
    const whole = table([1, 2]);
    const adam = new Adam({ whole }, { learningRate: 0.05 });
    const halves = table([1, 2]);
    const first = new Adam({ whole: halves }, { learningRate: 0.05 });
    for (const gradient of gradients.slice(0, 2)) {
      give(halves, gradient);
      first.step();
    }
    const state = first.state();
    const second = new Adam({ whole: halves }, { learningRate: 0.05 });
    second.load(state);
    for (const gradient of gradients.slice(2)) {
      give(halves, gradient);
      second.step();
    }
    for (const gradient of gradients) {
      give(whole, gradient);
      adam.step();
    }
    expect(Array.from(halves.read())).toEqual(Array.from(whole.read()));
    expect(second.state()).toEqual(adam.state());
    expect(state.step).toBe(2); // a copy: later steps did not touch it
  });

  test('refuses a state of another model', () => {
    const adam = new Adam({ x: table([1, 2]) }, { learningRate: 0.1 });
    const zeros = new Float32Array(2);
    expect(() => adam.load({ step: 1, buffers: { 'x.m': zeros } })).toThrow(
      /buffer x.v: got nothing, expected 2 values/,
    );
    expect(() => adam.load({ step: 1, buffers: { 'x.m': zeros, 'x.v': new Float32Array(3) } })).toThrow(
      /got 3 values, expected 2/,
    );
    expect(() => adam.load({ step: 1, buffers: { 'x.m': zeros, 'x.v': zeros, 'y.m': zeros } })).toThrow(
      /buffer y.m: got an unknown name/,
    );
  });

  test('one parameter may have a rate and a decay of its own', () => {
    const step = (options: ConstructorParameters<typeof Adam>[1]) => {
      const [x, y] = [table([1, 2]), table([1, 2])];
      const adam = new Adam({ x, y }, options);
      for (const tensor of [x, y]) device.read(tensor.gradientBuffer()).fill(0.5);
      adam.step();
      return [x.read(), y.read()];
    };
    const [x] = step({ learningRate: 0.1 });
    const [, y] = step({ learningRate: 0.02, weightDecay: 0.3 });
    expect(y).not.toEqual(x);
    const of = (name: string) => (name === 'y' ? { learningRate: 0.02, weightDecay: 0.3 } : {});
    expect(step({ learningRate: 0.1, of })).toEqual([x, y]);
  });

  test('release gives the moments back', () => {
    const before = device.memory().usedBytes;
    const adam = new Adam({ x: table([1, 2]) }, { learningRate: 0.1 });
    expect(device.memory().usedBytes).toBeGreaterThan(before);
    adam.release();
    expect(device.memory().usedBytes).toBe(before);
  });
});

describe('rows that wait', () => {
  const cpu = openDevice('cpu', { threads: 1 });
  const [rows, cols, steps] = [12, 5, 9];
  const values = (seed: number, length: number) =>
    Float32Array.from({ length }, (_, i) => Math.sin(seed * 100 + 1.7 * i));
  const idsOf = (step: number) =>
    Int32Array.from(Array.from({ length: rows }, (_, row) => row).filter((row) => (row + step) % 4 === 0));
  const start = () => parameter(cpu, [rows, cols], cpu.upload(values(1, rows * cols)), 'table');
  const giveRows = (tensor: ReturnType<typeof start>, step: number) => {
    const ids = idsOf(step);
    const [rowIds, gradient] = [cpu.ints(ids.length), cpu.floats(ids.length * cols)];
    cpu.write(rowIds, ids);
    cpu.write(gradient, values(step, ids.length * cols));
    tensor.setRowGradient(rowIds, gradient);
  };
  const giveWhole = (tensor: ReturnType<typeof start>, step: number) => {
    const gradient = cpu.read(tensor.gradientBuffer());
    idsOf(step).forEach((row, j) => {
      gradient.set(values(step, rows * cols).subarray(j * cols, (j + 1) * cols), row * cols);
    });
  };
  type Step = (x: ReturnType<typeof start>, adam: Adam, step: number) => void;
  const run = (give: typeof giveRows, between: Step = () => {}) => {
    const x = start();
    const adam = new Adam({ x }, { learningRate: 0.1, weightDecay: 0.01 });
    for (let step = 1; step <= steps; step++) {
      give(x, step);
      adam.step();
      between(x, adam, step);
    }
    return { x: x.read().slice(), ...adam.state() };
  };

  test('of a lazy optimizer owe nothing: a row moves in the steps that name it alone', () => {
    const x = start();
    const untouched = start().read().slice();
    const lazy = new Adam({ x }, { learningRate: 0.1, lazy: true });
    const named = new Set<number>();
    for (let step = 1; step <= 3; step++) {
      giveRows(x, step);
      lazy.step();
      for (const row of idsOf(step)) named.add(row);
      expect(x.waiting).toBeNull();
    }
    const moved = x.read();
    for (let row = 0; row < rows; row++) {
      const part = (of: Float32Array) => of.slice(row * cols, (row + 1) * cols);
      if (named.has(row)) expect(part(moved)).not.toEqual(part(untouched));
      else expect(part(moved)).toEqual(part(untouched));
    }
    // the first step of a row is that of dense Adam at that step
    const dense = start();
    const adam = new Adam({ x: dense }, { learningRate: 0.1 });
    const once = start();
    const first = new Adam({ x: once }, { learningRate: 0.1, lazy: true });
    giveRows(once, 1);
    giveRows(dense, 1);
    first.step();
    adam.step();
    expect(once.read()).toEqual(dense.read());
    for (const one of [lazy, adam, first]) one.release();
  });

  test('have the bits of rows that move every step, once somebody reads', () => {
    expect(run(giveRows)).toEqual(run(giveWhole));
  });

  test('are up to date for whoever reads them in between, all or some', () => {
    const seen: Float32Array[] = [];
    const whole = run(giveWhole, (x) => seen.push(x.read().slice()));
    const between: Step = (x, _, step) => {
      if (step % 3 === 0) expect(x.read()).toEqual(seen[step - 1]);
      const some = Int32Array.of(2, 7);
      const memory = cpu.read(x.settleRows(some));
      for (const row of some) {
        const part = (of: Float32Array) => of.subarray(row * cols, (row + 1) * cols);
        expect(part(memory)).toEqual(part(seen[step - 1]));
      }
    };
    expect(run(giveRows, between)).toEqual(whole);
  });

  test('pay at the rate they owe, skip steps that no gradient reached, and follow whole gradients', () => {
    const mixed: Step = (x, adam, step) => {
      if (step === 2) adam.scaleLearningRate(0.5);
      if (step === 4) adam.step();
      if (step !== 6) return;
      cpu.read(x.gradientBuffer()).fill(0.5);
      adam.step();
    };
    expect(run(giveRows, mixed)).toEqual(run(giveWhole, mixed));
  });

  test('are refused to whoever takes the memory without settling them', () => {
    const x = start();
    const adam = new Adam({ x }, { learningRate: 0.1 });
    giveRows(x, 1);
    adam.step();
    expect(() => x.data).toThrow(/table \[12 x 5\]: got a use while some of its rows wait.*settle/);
    x.settle();
    expect(cpu.read(x.data)).toEqual(x.read());
    adam.release();
  });

  test('a saved state goes on with the same bits', () => {
    const halfway: Step = (_, adam, step) => {
      if (step === 5) adam.load(adam.state());
    };
    expect(run(giveRows, halfway)).toEqual(run(giveWhole));
  });

  test('a second gradient before the optimizer took the first is refused, and all memory comes back', () => {
    const before = cpu.memory().usedBytes;
    const x = start();
    const adam = new Adam({ x }, { learningRate: 0.1 });
    giveRows(x, 1);
    const second = [cpu.ints(1), cpu.floats(cols)] as const;
    expect(() => x.setRowGradient(...second)).toThrow('a second gradient before the optimizer took the first');
    for (const memory of second) cpu.release(memory);
    x.gradientBuffer();
    expect(() => adam.step()).toThrow('a gradient of the whole and one of some rows');
    x.dropGradient();
    giveRows(x, 2);
    adam.step();
    adam.release();
    expect(cpu.memory().usedBytes).toBe(before);
    expect(x.waiting).toBeNull();
  });
});
