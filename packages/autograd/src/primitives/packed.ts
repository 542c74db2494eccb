import type { Ints } from '@agentmmrec/kernels';
import { definePrimitive, requireShape } from '../primitive.js';
import { showShape } from '../tensor.js';
import { biasGradient, requireBias } from './dense.js';

/** A constant matrix [rows, cols] in bfloat16, packed with its transpose as `bfloatGemm` reads them. */
export interface PackedMatrix {
  readonly rows: number;
  readonly cols: number;
  /** rows of a panel */
  readonly panel: number;
  readonly forward: Ints;
  readonly transposed: Ints;
}

/**
 * out[x.rows, d] = x w + bias[1, d], where not above 0 times `slope` (as `linear`): a constant times a parameter, both rounded to bfloat16,
 * summed in float32; so is the gradient.
 */
export const packedLinear = definePrimitive<{ x: PackedMatrix; slope: number }>({
  name: 'packedLinear',
  shape: ([w, bias], { x }) => {
    requireShape('packedLinear', w.rows === x.cols, `${w.name} ${showShape(w.shape)}`, `${x.cols} rows`);
    requireBias('packedLinear', bias, w.cols);
    return [x.rows, w.cols];
  },
  forward: ({ kernels, inputs: [w, bias], out, attributes: { x, slope } }) => {
    kernels.bfloatGemm({ out: out.data, a: x.forward, b: w.data, m: x.rows, n: w.cols, k: x.cols, panel: x.panel });
    kernels.addBias({ out: out.data, x: out.data, bias: bias.data, d: out.cols, slope });
  },
  backward: (call) => {
    const { kernels, inputs, attributes, over } = call;
    const [w, bias] = inputs;
    const { x, slope } = attributes;
    const dSum = biasGradient(call, bias, slope);
    const dw = over(w);
    if (!dw) return;
    const sizes = { m: x.cols, n: w.cols, k: x.rows, panel: x.panel };
    kernels.bfloatGemm({ out: dw.to, a: x.transposed, b: dSum, ...sizes, beta: dw.beta });
  },
});
