import type { Ints } from '@agentmmrec/kernels';
import { definePrimitive, requireShape } from '../primitive.js';
import { showShape } from '../tensor.js';

/** A constant matrix [rows, cols] in bfloat16, packed with its transpose as `bfloatGemm` reads them. */
export interface PackedMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly forward: Ints;
  readonly transposed: Ints;
}

/** out[x.rows, d] = x w: a constant times a parameter, both rounded to bfloat16, summed in float32; so is the gradient. */
export const packedGemm = definePrimitive<{ x: PackedMatrix }>({
  name: 'packedGemm',
  shape: ([w], { x }) => {
    requireShape('packedGemm', w.rows === x.cols, `${w.name} ${showShape(w.shape)}`, `${x.cols} rows`);
    return [x.rows, w.cols];
  },
  forward: ({ kernels, inputs: [w], out, attributes: { x } }) =>
    kernels.bfloatGemm({ out: out.data, a: x.forward, b: w.data, m: x.rows, n: w.cols, k: x.cols }),
  backward: ({ kernels, inputs: [w], dOut, attributes: { x }, over }) => {
    const dw = over(w);
    if (!dw) return;
    const sizes = { m: x.cols, n: w.cols, k: x.rows };
    kernels.bfloatGemm({ out: dw.to, a: x.transposed, b: dOut, ...sizes, beta: dw.beta });
  },
});
