import { constant, Tape } from '@agentmmrec/autograd';
import { matrix } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { convolution } from '../parts/graphs/convolution.js';
import { graphWeights, weighedGraphs } from './graphWeights.js';

const device = openDevice('reference');
const entities = { name: 'nodes', count: 2 };
const e = matrix(2, 2, Float32Array.of(1, 2, 10, 20));

/** One graph of each node with itself, one of each with the other. */
const graphs = [
  [0, 1],
  [1, 0],
].map((indices) =>
  convolution(device, { rows: 2, k: 1, indices: Int32Array.from(indices) }, entities, {
    orientation: 'own',
    weight: 1,
  }),
);

function sums(logits: number[]) {
  const weights = graphWeights({ device }, 'test', 2);
  device.write(weights.parameters['weights.test'].data, Float32Array.from(logits));
  const [own, other] = weighedGraphs(weights, graphs);
  const tape = new Tape(device);
  return tape.step(() => {
    const x = constant(device, e, 'e');
    const whole = other.addWhole(tape, x, own.addWhole(tape, x, x));
    const second = other.addRows(tape, x, tape.ints(Int32Array.of(1)), tape.rows(x, 1, 1));
    tape.backward(tape.sum(second));
    return {
      whole: Array.from(whole.read()),
      second: Array.from(second.read()),
      gradient: Array.from(weights.parameters['weights.test'].readGradient()),
    };
  });
}

test('weights begin at 1 each, and are their number times a softmax', () => {
  const { whole: even, gradient } = sums([0, 0]);
  expect(even).toEqual([12, 24, 21, 42]);
  [-1.5, 1.5].forEach((value, at) => {
    expect(gradient[at]).toBeCloseTo(value, 5);
  }); // of 30 + 3 * 2 softmax_1
  const { whole, second } = sums([Math.log(3), 0]); // 1.5 and .5
  [7.5, 15, 25.5, 51].forEach((value, at) => {
    expect(whole[at]).toBeCloseTo(value, 4);
  });
  [10.5, 21].forEach((value, at) => {
    expect(second[at]).toBeCloseTo(value, 4);
  });
});

test('one graph alone has nothing to learn', () => {
  expect(graphWeights({ device }, 'alone', 1).parameters).toEqual({});
});
