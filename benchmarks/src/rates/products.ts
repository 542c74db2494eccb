import type { Pieces, Probes } from './probes.js';

export interface ProductRates {
  readonly flopsPerSecond: number;
  /** seconds per element written, and per element of an operand brought into panels */
  readonly secondsPerOutput: number;
  readonly secondsPerPacked: number;
}

/** One that is all arithmetic, one wide and shallow (outputs), one narrow and deep (packing). */
const shapes = {
  arithmetic: { m: 768, n: 768, k: 768 },
  shallow: { m: 1536, n: 1024, k: 32 },
  thin: { m: 4032, n: 48, k: 384 },
} as const;

type Shape = (typeof shapes)[keyof typeof shapes];

export function* probeProducts(probes: Probes): Pieces {
  const { kernels } = probes.device;
  for (const { m, n, k } of Object.values(shapes)) {
    yield* probes.floats([m * n, m * k, k * n], (out, a, b) =>
      probes.time(`product ${m} ${n} ${k}`, () => kernels.gemm({ out, a, b, m, n, k })),
    );
  }
}

export function productRates(probes: Probes): ProductRates {
  const seconds = ({ m, n, k }: Shape) => probes.seconds(`product ${m} ${n} ${k}`);
  const flops = ({ m, n, k }: Shape) => 2 * m * n * k;
  const flopsPerSecond = flops(shapes.arithmetic) / seconds(shapes.arithmetic);
  const beside = (shape: Shape) => Math.max(0, seconds(shape) - flops(shape) / flopsPerSecond);
  const secondsPerOutput = beside(shapes.shallow) / (shapes.shallow.m * shapes.shallow.n);
  const { m, n, k } = shapes.thin;
  const packing = beside(shapes.thin) - m * n * secondsPerOutput;
  return { flopsPerSecond, secondsPerOutput, secondsPerPacked: Math.max(0, packing) / (m * k) };
}
