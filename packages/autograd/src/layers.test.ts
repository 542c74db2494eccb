import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import {
  applyLayers,
  batchNorm,
  dropout,
  gradientPenalty,
  inputGradient,
  type Layer,
  linear,
  shifted,
  sigmoid,
} from './layers.js';
import { Tape } from './tape.js';
import { parameter, type Tensor } from './tensor.js';

const device = openDevice('reference');
const streams = new RandomStreams(9);
const stream = streams.stream('layers');

function trainable(rows: number, cols: number): Tensor {
  const values = Float32Array.from({ length: rows * cols }, () => stream.normal());
  return parameter(device, [rows, cols], device.upload(values), 'x');
}

const parameters = {
  weight1: trainable(4, 5),
  bias1: trainable(1, 5),
  scale: trainable(1, 5),
  bias: trainable(1, 5),
  weight2: trainable(5, 1),
  bias2: trainable(1, 1),
};
const { weight1, bias1, scale, bias, weight2, bias2 } = parameters;

/** The shape of a discriminator: linear, kink, normalisation, mask, linear, sigmoid. */
const chain: readonly Layer[] = [
  linear(weight1, bias1, 0.2),
  batchNorm(scale, bias),
  dropout(0.3, streams.stream('mask')),
  linear(weight2, bias2),
  sigmoid(3),
];
/** The same behind the first product. */
const behind = [shifted(bias1, 0.2), ...chain.slice(1)];

describe('inputGradient', () => {
  test.each([
    ['linear', [linear(weight1, bias1)]],
    ['leaky ReLU', [linear(weight1, bias1, 0.2)]],
    ['ReLU', [linear(weight1, bias1, 0), linear(weight2, bias2, 0)]],
    ['leaky ReLU of a sum', [shifted(parameter(device, [1, 4], device.floats(4), 'zeros'), 0.2)]],
    ['sigmoid', [sigmoid(2)]],
    ['batch norm', [linear(weight1, bias1), batchNorm(scale, bias), sigmoid()]],
    ['dropout', [dropout(0.5, streams.stream('mask'))]],
    ['a discriminator', chain],
  ] as [string, Layer[]][])('of %s is the gradient that the tape finds', (_name, layers) => {
    const x = trainable(6, 4);
    const tape = new Tape(device);
    const made = tape.step(() => {
      tape.backward(tape.sum(applyLayers(tape, layers, x)));
      return inputGradient(tape, layers, x).read().slice();
    });
    const found = x.readGradient();
    expect(made.some((v) => v !== 0)).toBe(true);
    made.forEach((value, i) => {
      expect(value).toBeCloseTo(found[i], 5);
    });
    x.dropGradient();
    for (const each of Object.values(parameters)) each.dropGradient();
  });
});

test('the gradient penalty has second derivatives: its gradients are slopes', () => {
  const rows = { real: trainable(6, 4), fake: trainable(6, 4) };
  const penalty = (tape: Tape) => {
    const [real, fake] = [rows.real, rows.fake].map((x) => tape.gemm(tape.detach(x), weight1));
    return gradientPenalty(tape, { weight: weight1, real, fake }, behind, streams.stream('mix'));
  };
  expect(checkGradients(device, parameters, penalty, { step: 2e-3 })).toEqual([]);
  expect(rows.real.gradient).toBeNull();

  // the definition: the gradient of the whole chain at each point, its length
  const tape = new Tape(device);
  const [made, defined] = tape.step(() => {
    const [real, fake] = [tape.detach(rows.real), tape.detach(rows.fake)];
    const mix = tape.noise('uniform', [6, 1], streams.stream('mix'));
    const between = tape.add(
      tape.scaleRows(real, mix),
      tape.scaleRows(fake, tape.unary(tape.scale(mix, -1), 'shift', 1)),
    );
    const gradient = inputGradient(tape, chain, between);
    const lengths = tape.unary(tape.rowDot(gradient, gradient), 'sqrt');
    const excess = tape.unary(tape.unary(lengths, 'shift', -1), 'square');
    return [penalty(tape).read()[0], tape.mean(excess).read()[0]];
  });
  expect(made).toBeGreaterThan(0.01);
  expect(made / defined).toBeCloseTo(1, 5);
});

test('a function of slope 1 everywhere has no penalty, one of slope 3 has 4', () => {
  const line = (slope: number) => {
    const weight = parameter(device, [2, 1], device.upload(Float32Array.of(0.6 * slope, 0.8 * slope)), 'weight');
    return weight;
  };
  const [real, fake] = [trainable(3, 2), trainable(3, 2)];
  const tape = new Tape(device);
  const penalty = (slope: number) =>
    tape.step(() => {
      const weight = line(slope);
      const first = { weight, real: tape.gemm(real, weight), fake: tape.gemm(fake, weight) };
      return gradientPenalty(tape, first, [shifted(tape.filled([1, 1], 2))], streams.stream('mix')).read()[0];
    });
  expect(penalty(1)).toBeCloseTo(0, 6);
  expect(penalty(3)).toBeCloseTo(4, 5);
});
