import type { RandomStream } from '@agentmmrec/core';
import type { Tape } from './tape.js';
import type { Tensor } from './tensor.js';

/**
 * A function of rows that also says, in operations of the tape, what the transpose of its Jacobian does to a gradient. So the
 * gradient with respect to the input of a chain of layers is a result like any other, and losses of it have gradients: second
 * derivatives without a tape of tapes.
 */
export type Layer = (tape: Tape, x: Tensor) => LayerResult;

/** What a layer makes of its input. */
export interface LayerResult {
  readonly out: Tensor;
  /** The gradient with respect to the input, from that of `out`. */
  pull(dOut: Tensor): Tensor;
}

/** x[n, in] weight[in, out] + bias[1, out]. */
export function linear(weight: Tensor, bias: Tensor): Layer {
  return (tape, x) => ({
    out: tape.linear(x, weight, bias),
    pull: (dOut) => tape.gemm(dOut, weight, { transposeB: true }),
  });
}

/** Slope 1 above 0 and `slope` below, which has no derivative of its own. */
export function leakyRelu(slope: number): Layer {
  return (tape, x) => ({
    out: tape.unary(x, 'leakyRelu', slope),
    pull: (dOut) => {
      const sign = tape.unary(tape.detach(x), 'sign');
      return tape.multiply(dOut, tape.unary(tape.scale(sign, (1 - slope) / 2), 'shift', (1 + slope) / 2));
    },
  });
}

/** factor / (1 + e^-x). */
export function sigmoid(factor = 1): Layer {
  return (tape, x) => {
    const s = tape.unary(x, 'sigmoid');
    const slope = () => tape.scale(tape.add(s, tape.unary(s, 'square'), 1, -1), factor);
    return { out: tape.scale(s, factor), pull: (dOut) => tape.multiply(dOut, slope()) };
  };
}

/** Batch normalisation by the statistics of these rows; scale, bias [1, d]. */
export function batchNorm(scale: Tensor, bias: Tensor, epsilon = 1e-5): Layer {
  return (tape, x) => {
    const inverse = tape.unary(tape.unary(tape.columnVariances(x), 'shift', epsilon), 'power', -0.5);
    const unit = tape.scaleColumns(tape.centreColumns(x), inverse);
    return {
      out: tape.addBias(tape.scaleColumns(unit, scale), bias),
      // dx = scale / sqrt(variance + epsilon) * (dOut - mean(dOut) - unit * mean(dOut * unit))
      pull: (dOut) => {
        const along = tape.columnMeans(tape.multiply(dOut, unit));
        const rest = tape.add(tape.centreColumns(dOut), tape.scaleColumns(unit, along), 1, -1);
        return tape.scaleColumns(rest, tape.multiply(inverse, scale));
      },
    };
  };
}

/** Dropout with the mask of a stream, the same in both directions. */
export function dropout(rate: number, stream: RandomStream): Layer {
  return (tape, x) => ({
    out: tape.dropout(x, rate, stream),
    pull: (dOut) => tape.dropout(dOut, rate, stream),
  });
}

/** One layer after another. */
export function applyLayers(tape: Tape, layers: readonly Layer[], x: Tensor): Tensor {
  return layers.reduce((rows, layer) => layer(tape, rows).out, x);
}

/** [n, d]: the gradient of the sum of all outputs with respect to x [n, d], differentiable with respect to the layers' parameters. */
export function inputGradient(tape: Tape, layers: readonly Layer[], x: Tensor): Tensor {
  const pulls: ((dOut: Tensor) => Tensor)[] = [];
  let rows = x;
  for (const layer of layers) {
    const { out, pull } = layer(tape, rows);
    pulls.push(pull);
    rows = out;
  }
  return pulls.reduceRight((gradient, pull) => pull(gradient), tape.filled(rows.shape, 1));
}

/**
 * [1, 1]: mean over rows of (|gradient of the layers at a point between| - 1)^2, each point mix * real + (1 - mix) * fake with `mix`
 * uniform by rows (Gulrajani et al. 2017, algorithm 1). real and fake [n, d] count as constants.
 */
export function gradientPenalty(
  tape: Tape,
  layers: readonly Layer[],
  rows: { readonly real: Tensor; readonly fake: Tensor },
  stream: RandomStream,
): Tensor {
  const between = tape.aside((own) => {
    const [real, fake] = [own.detach(rows.real), own.detach(rows.fake)];
    const mix = own.noise('uniform', [real.rows, 1], stream);
    return own.add(fake, own.scaleRows(own.add(real, fake, 1, -1), mix));
  });
  const gradient = inputGradient(tape, layers, between);
  const lengths = tape.unary(tape.unary(tape.rowDot(gradient, gradient), 'atLeast', 1e-20), 'sqrt');
  return tape.mean(tape.unary(tape.unary(lengths, 'shift', -1), 'square'));
}
