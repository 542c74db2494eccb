import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { RandomStreams } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { rowTable, zeroRow } from './tables.js';

/** A two-layer perceptron with its parameters. */
export interface Projection {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** x[n, inputs] to [n, outputs]; a constant x costs no gradient work */
  apply(tape: Tape, x: Tensor): Tensor;
}

/** Of LeakyReLU in these perceptrons. */
const LEAKY_SLOPE = 0.01;

/** Linear(inputs, hidden), LeakyReLU(0.01), Linear(hidden, outputs); Xavier normal weights, zero biases (docs/method.md#recommender). */
export function projection(
  context: { device: Device; random: RandomStreams },
  name: string,
  widths: { inputs: number; hidden: number; outputs: number },
): Projection {
  const { inputs, hidden, outputs } = widths;
  const weight1 = rowTable(context, `${name}.weight1`, inputs, hidden);
  const bias1 = zeroRow(context, `${name}.bias1`, hidden);
  const weight2 = rowTable(context, `${name}.weight2`, hidden, outputs);
  const bias2 = zeroRow(context, `${name}.bias2`, outputs);
  return {
    parameters: Object.fromEntries([weight1, bias1, weight2, bias2].map((tensor) => [tensor.name, tensor])),
    apply: (tape, x) => tape.linear(tape.linear(x, weight1, bias1, LEAKY_SLOPE), weight2, bias2),
  };
}
