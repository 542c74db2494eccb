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

/** x[n, in] weight[in, out] + bias[1, out], with a slope of 0 or above LeakyReLU of it. */
export function linear(weight: Tensor, bias: Tensor, slope = 1): Layer {
  return (tape, x) => {
    const out = tape.linear(x, weight, bias, slope);
    return { out, pull: (dOut) => tape.gemm(pulledBySlope(tape, dOut, out, slope), weight, { transposeB: true }) };
  };
}

/** x[n, d] + bias[1, d], with a slope of 0 or above LeakyReLU of it. */
export function shifted(bias: Tensor, slope = 1): Layer {
  return (tape, x) => {
    const out = tape.addBias(x, bias, slope);
    return { out, pull: (dOut) => pulledBySlope(tape, dOut, out, slope) };
  };
}

/** By the sign of the result, which is that of the sum. */
function pulledBySlope(tape: Tape, dOut: Tensor, out: Tensor, slope: number): Tensor {
  return slope === 1 ? dOut : tape.leakySlope(dOut, tape.detach(out), slope);
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
  return (tape, x) => ({
    out: tape.batchNorm(x, scale, bias, epsilon),
    // dx = scale / sqrt(variance + epsilon) * (dOut - mean(dOut) - unit * mean(dOut * unit))
    pull: (dOut) => {
      const centred = tape.centreColumns(x);
      const variances = tape.columnMeans(tape.unary(centred, 'square'));
      const inverse = tape.unary(tape.unary(variances, 'shift', epsilon), 'power', -0.5);
      const unit = tape.scaleColumns(centred, inverse);
      const along = tape.columnMeans(tape.multiply(dOut, unit));
      const rest = tape.add(tape.centreColumns(dOut), tape.scaleColumns(unit, along), 1, -1);
      return tape.scaleColumns(rest, tape.multiply(inverse, scale));
    },
  });
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
 * [1, 1]: mean over rows of (|gradient of layers(x weight) at a point between| - 1)^2, each point mix * real + (1 - mix) * fake with `mix`
 * uniform by rows (Gulrajani et al. 2017, algorithm 1). Nothing as wide as the rows is made: their products with the weight are mixed, and
 * the squared length of a gradient g weight^T is g (weight^T weight) g^T.
 * @param first weight [in, d] and the products of constant rows with it, real and fake [n, d]
 */
export function gradientPenalty(
  tape: Tape,
  first: { readonly weight: Tensor; readonly real: Tensor; readonly fake: Tensor },
  layers: readonly Layer[],
  stream: RandomStream,
): Tensor {
  const { weight, real, fake } = first;
  const mix = tape.noise('uniform', [real.rows, 1], stream);
  const between = tape.add(fake, tape.scaleRows(tape.add(real, fake, 1, -1), mix));
  const gradient = inputGradient(tape, layers, between);
  const squares = tape.rowDot(tape.gemm(gradient, tape.gram(weight)), gradient);
  const lengths = tape.unary(tape.unary(squares, 'atLeast', 1e-20), 'sqrt');
  return tape.mean(tape.unary(tape.unary(lengths, 'shift', -1), 'square'));
}
