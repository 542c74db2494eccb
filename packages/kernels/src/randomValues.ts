import { philox } from '@agentmmrec/core';
import type { Floats } from './arrays.js';
import { EDGE_LENGTHS } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** How random numbers are distributed. */
export type RandomLaw = 'uniform' | 'normal' | 'gumbel';

/**
 * out[n] drawn from a law by inversion. u of position i is word i % 4 of Philox(key, counter i / 4), its upper 23 bits and a half
 * over 2^23: uniform u (0 < u < 1), normal the quantile of u, gumbel -log(-log u).
 */
export interface RandomValues {
  out: Floats;
  law: RandomLaw;
  key0: number;
  key1: number;
}

/** In the order of `enum class RandomLaw` in native/kernels/randomValues.h, which takes the place as a number. */
const RANDOM_LAWS: readonly RandomLaw[] = ['uniform', 'normal', 'gumbel'];

/** The uniform numbers in (0, 1) of positions [0, count) of a stream: the upper 23 bits of its words and a half. */
export function uniformNumbers(count: number, key0: number, key1: number): Float64Array {
  const numbers = new Float64Array(count);
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) philox(words, { k0: key0, k1: key1 }, [i / 4, 0]);
    numbers[i] = ((words[i % 4] >>> 9) + 0.5) / 2 ** 23;
  }
  return numbers;
}

/** Density and distribution of the standard normal for z >= 0: Phi = 1/2 + density * sum of z^(2n+1) / (2n+1)!!. */
function normal(z: number): { density: number; below: number } {
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  let [term, sum] = [z, z];
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return { density, below: 0.5 + density * sum };
}

/** Newton's method from 0: above the median the distribution is concave, so it comes from below and never overshoots. */
function normalQuantile(u: number): number {
  if (u < 0.5) return -normalQuantile(1 - u);
  let z = 0;
  for (let step = Number.POSITIVE_INFINITY; step > 1e-13; ) {
    const { density, below } = normal(z);
    step = (u - below) / density;
    z += step;
  }
  return z;
}

const QUANTILES: Record<RandomLaw, (u: number) => number> = {
  uniform: (u) => u,
  normal: normalQuantile,
  gumbel: (u) => -Math.log(-Math.log(u)),
};

function reference({ out, law, key0, key1 }: HostCall<RandomValues>): void {
  uniformNumbers(out.length, key0, key1).forEach((u, i) => {
    out[i] = QUANTILES[law](u);
  });
}

function cases(): KernelCase<RandomValues>[] {
  const [key0, key1] = [0xfedcba98, 0x89abcdef];
  return RANDOM_LAWS.flatMap((law) =>
    [0, ...EDGE_LENGTHS, 4095, 4097, 20_000].map((n) => ({
      label: `${law}, ${n}`,
      exact: law === 'uniform',
      call: { out: new Float32Array(n).fill(Number.NaN), law, key0, key1 },
    })),
  );
}

export const randomValues: KernelSpec<RandomValues> = {
  positional: ({ out, law, key0, key1 }) => [out, RANDOM_LAWS.indexOf(law), key0, key1],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 2e-6,
    relative: 2e-6,
    reason: 'two logarithms near 1, or polynomials that are good to a few units in the last place',
  }),
  bytes: { formula: '4 nd', count: ({ out }) => 4 * out.length },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const n = step.nodes * step.d;
    return [{ shape: `${n} elements`, call: { out: step.zeros(n), law: 'normal', key0: 1, key1: 2 } }];
  },
};
