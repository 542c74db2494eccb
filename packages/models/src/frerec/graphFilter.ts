import { parameter, type SparseMatrix, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { Device } from '@agentmmrec/kernels';

/** A filter of the frequencies of a graph whose response is trained. */
export interface GraphFilter {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** sum over k of theta_k T_k(A) x for x [n, d] */
  apply(tape: Tape, a: SparseMatrix, x: Tensor): Tensor;
}

/**
 * Chebyshev polynomials of a normalised adjacency A, whose eigenvalues 1 to -1 are the frequencies of L = I - A from low to high (Defferrard et al.
 * 2016, eq. 4): T_0 = I, T_1 = A, T_k = 2 A T_k-1 - T_k-2. `<name>.response` theta [1, order + 1] begins as the mean of the powers of A: LightGCN.
 */
export function graphFilter({ device }: { readonly device: Device }, name: string, order: number): GraphFilter {
  const memory = device.floats(order + 1);
  device.write(memory, responseOfMean(order));
  const response = parameter(device, [1, order + 1], memory, `${name}.response`);
  return {
    parameters: { [response.name]: response },
    apply: (tape, a, x) => {
      const ones = tape.filled([1, x.cols], 1);
      const weighed = (of: Tensor, k: number) => tape.scaleColumns(of, tape.gemm(tape.columns(response, k, 1), ones));
      let [before, now] = [x, x];
      let sum = weighed(x, 0);
      for (let k = 1; k <= order; k++) {
        const next = k === 1 ? tape.spmm(a, x) : tape.add(tape.spmm(a, now, 2), before, 1, -1);
        [before, now] = [now, next];
        sum = tape.add(sum, weighed(now, k));
      }
      return sum;
    },
  };
}

/** The Chebyshev coefficients of the mean of x^0..x^order, exact at the zeros of T_order+1. */
function responseOfMean(order: number): Float32Array {
  const count = order + 1;
  const angles = Array.from({ length: count }, (_, i) => (Math.PI * (i + 0.5)) / count);
  const values = angles.map((angle) => {
    let sum = 0;
    for (let power = 0; power <= order; power++) sum += Math.cos(angle) ** power;
    return sum / count;
  });
  return Float32Array.from({ length: count }, (_, k) => {
    const sum = values.reduce((total, value, i) => total + value * Math.cos(k * angles[i]), 0);
    return ((k === 0 ? 1 : 2) * sum) / count;
  });
}
