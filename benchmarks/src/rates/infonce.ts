import type { Pieces, Probes } from './probes.js';

/** Rows that stay in the second cache. */
const shape = { n: 1024, d: 64 };

/** InfoNCE forward and backward. */
export function* probeInfonce(probes: Probes): Pieces {
  const { device } = probes;
  const { n, d } = shape;
  const rows = probes.drawn(n * d);
  const targets = probes.once('targets', () => device.upload(Int32Array.from({ length: n }, (_, i) => i)));
  yield* probes.floats([n * d, n * d, n, 1], function* (da, db, logSumExp, loss) {
    const shared = { a: rows, b: rows, targets, logSumExp, d, temperature: 0.2 };
    yield* probes.time('infonce', () => {
      device.kernels.infonce({ loss, ...shared });
      device.kernels.infonceBackward({ da, db, ...shared, upstream: 1 });
    });
  });
}

/** What a logit costs in each of the two passes, beside the four products. */
export function secondsPerLogit(probes: Probes, flopsPerSecond: number): number {
  const { n, d } = shape;
  return Math.max(0, probes.seconds('infonce') - (8 * n * n * d) / flopsPerSecond) / (2 * n * n);
}
