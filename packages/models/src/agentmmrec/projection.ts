import { type PackedMatrix, type Tape, Tensor } from '@agentmmrec/autograd';
import type { RandomStreams } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { type Inputs, rowTable, weightsOver, zeroRow } from '../parts/tables.js';

/** A two-layer perceptron with its parameters. */
export interface Projection {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** the matrices of both layers, without biases: what a regulariser holds */
  readonly weights: readonly Tensor[];
  /** x[n, inputs] to [n, outputs]; a constant x costs no gradient work, and may come in bfloat16 */
  apply(tape: Tape, x: Tensor | PackedMatrix): Tensor;
}

/** Of LeakyReLU in these perceptrons. */
const LEAKY_SLOPE = 0.01;

/** Linear(inputs, hidden), LeakyReLU(0.01), Linear(hidden, outputs); Xavier normal weights, zero biases (docs/method.md#recommender). */
export function projection(
  context: { device: Device; random: RandomStreams },
  name: string,
  widths: { inputs: number | Inputs; hidden: number; outputs: number },
): Projection {
  const { inputs, hidden, outputs } = widths;
  const over = typeof inputs === 'number' ? { inputs, insteadOf: inputs, longerBy: 1 } : inputs;
  const weight1 = weightsOver(context, `${name}.weight1`, over, hidden);
  const bias1 = zeroRow(context, `${name}.bias1`, hidden);
  const weight2 = rowTable(context, `${name}.weight2`, hidden, outputs);
  const bias2 = zeroRow(context, `${name}.bias2`, outputs);
  return {
    parameters: Object.fromEntries([weight1, bias1, weight2, bias2].map((tensor) => [tensor.name, tensor])),
    weights: [weight1, weight2],
    apply: (tape, x) => {
      const first =
        x instanceof Tensor
          ? tape.linear(x, weight1, bias1, LEAKY_SLOPE)
          : tape.packedLinear(x, weight1, bias1, LEAKY_SLOPE);
      return tape.linear(first, weight2, bias2);
    },
  };
}
