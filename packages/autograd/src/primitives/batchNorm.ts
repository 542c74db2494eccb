import type { Floats } from '@agentmmrec/kernels';
import { definePrimitive } from '../primitive.js';
import { requireBias } from './dense.js';

/**
 * out[n, d] = scale * unit + bias with unit = (x - mean) / sqrt(variance + epsilon) by columns of these rows (Ioffe and Szegedy 2015, algorithm 1).
 * Keeps two rows; the backward makes `unit` again: dx = scale / sqrt(variance + epsilon) * (dOut - mean(dOut) - unit * mean(dOut * unit)).
 */
export const batchNorm = definePrimitive<{ epsilon: number }, { readonly minusMean: Floats; readonly inverse: Floats }>(
  {
    name: 'batchNorm',
    shape: ([x, scale, bias]) => {
      requireBias('batchNorm', scale, x.cols);
      requireBias('batchNorm', bias, x.cols);
      return x.shape;
    },
    forward: ({ kernels, inputs: [x, scale, bias], out, attributes: { epsilon }, keep, scratch }) => {
      const [n, d] = x.shape;
      const [minusMean, inverse] = [keep([1, d]), keep([1, d])];
      const sums = scratch([1, d], 'zeros');
      kernels.addRowSums({ out: sums, x: x.data, d });
      kernels.axpby({ out: minusMean, x: sums, alpha: -1 / n, beta: 0 });
      kernels.addBias({ out: out.data, x: x.data, bias: minusMean, d });
      const squares = scratch(x.shape, 'any');
      kernels.unary({ out: squares, x: out.data, f: 'square' });
      const squareSums = scratch([1, d], 'zeros');
      kernels.addRowSums({ out: squareSums, x: squares, d });
      kernels.axpby({ out: inverse, x: squareSums, alpha: 1 / n, beta: 0 });
      kernels.unary({ out: inverse, x: inverse, f: 'shift', parameter: epsilon });
      kernels.unary({ out: inverse, x: inverse, f: 'power', parameter: -0.5 });
      const factor = scratch([1, d], 'any');
      kernels.multiply({ out: factor, a: inverse, b: scale.data });
      kernels.scaleColumns({ out: out.data, x: out.data, scale: factor, d });
      kernels.addBias({ out: out.data, x: out.data, bias: bias.data, d });
      return { minusMean, inverse };
    },
    backward: ({ kernels, inputs: [x, scale, bias], saved: { minusMean, inverse }, dOut, over, scratch }) => {
      const [n, d] = x.shape;
      const unit = scratch(x.shape, 'any');
      kernels.addBias({ out: unit, x: x.data, bias: minusMean, d });
      kernels.scaleColumns({ out: unit, x: unit, scale: inverse, d });
      const rest = scratch(x.shape, 'any');
      kernels.multiply({ out: rest, a: dOut, b: unit });
      const [along, sums] = [scratch([1, d], 'zeros'), scratch([1, d], 'zeros')];
      kernels.addRowSums({ out: along, x: rest, d });
      kernels.addRowSums({ out: sums, x: dOut, d });
      const dScale = over(scale);
      if (dScale) kernels.axpby({ out: dScale.to, x: along, alpha: 1, beta: dScale.beta });
      const dBias = over(bias);
      if (dBias) kernels.axpby({ out: dBias.to, x: sums, alpha: 1, beta: dBias.beta });
      const dx = over(x);
      if (!dx) return;
      for (const row of [along, sums]) kernels.axpby({ out: row, x: row, alpha: -1 / n, beta: 0 });
      kernels.addBias({ out: rest, x: dOut, bias: sums, d });
      kernels.scaleColumns({ out: rest, x: unit, scale: along, d, beta: 1 });
      kernels.multiply({ out: along, a: inverse, b: scale.data });
      kernels.scaleColumns({ out: dx.to, x: rest, scale: along, d, beta: dx.beta });
    },
  },
);
