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

  test('release gives the moments back', () => {
    const before = device.memory().usedBytes;
    const adam = new Adam({ x: table([1, 2]) }, { learningRate: 0.1 });
    expect(device.memory().usedBytes).toBeGreaterThan(before);
    adam.release();
    expect(device.memory().usedBytes).toBe(before);
  });
});
