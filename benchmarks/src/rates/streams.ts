import type { Caches } from './caches.js';
import type { Curve, Probes } from './probes.js';

/** From a quarter of the second cache to far beyond the last one. */
function sizes({ second, last }: Caches): number[] {
  const found: number[] = [];
  for (let bytes = second / 4; bytes <= 16 * last; bytes *= 2) found.push(bytes);
  return found;
}

/** An array read and one written; and Adam over its four. */
export function probeStreams(probes: Probes, caches: Caches): void {
  const { kernels } = probes.device;
  for (const arrayBytes of sizes(caches)) {
    const half = arrayBytes / 8;
    probes.floats([half, half], (out, x) =>
      probes.time(`stream ${arrayBytes}`, () => kernels.axpby({ out, x, alpha: 2, beta: 0 })),
    );
    const quarter = arrayBytes / 16;
    probes.floats([quarter, quarter, quarter, quarter], (parameter, m, v, gradient) =>
      probes.time(`adam ${arrayBytes}`, () => kernels.adam({ parameter, m, v, gradient, step: 1, learningRate: 1e-3 })),
    );
  }
}

/** Seconds per byte on the bus: 12 bytes for 8 of arrays, since a line that is written is fetched first. */
export function streamCurve(probes: Probes, caches: Caches): Curve {
  return sizes(caches).map((arrayBytes) => ({
    arrayBytes,
    seconds: probes.seconds(`stream ${arrayBytes}`) / (1.5 * arrayBytes),
  }));
}

/** Seconds per element: parameter and both moments read and written, gradient read. */
export function adamCurve(probes: Probes, caches: Caches): Curve {
  return sizes(caches).map((arrayBytes) => ({
    arrayBytes,
    seconds: probes.seconds(`adam ${arrayBytes}`) / (arrayBytes / 16),
  }));
}
