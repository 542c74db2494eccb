import type { Caches } from './caches.js';
import type { Curve, Pieces, Probes } from './probes.js';

/** From a quarter of the second cache to far beyond the last one. */
function sizes({ second, last }: Caches): number[] {
  const found: number[] = [];
  for (let bytes = second / 4; bytes <= 16 * last; bytes *= 2) found.push(bytes);
  return found;
}

/** Rows that wait so many steps: their way to the registers and back hardly counts. */
const waiting = { rows: 1024, d: 64, steps: 64 };

/** An array read and one written; Adam over its four; and Adam on rows that waited. */
export function* probeStreams(probes: Probes, caches: Caches): Pieces {
  const { kernels } = probes.device;
  for (const arrayBytes of sizes(caches)) {
    const half = arrayBytes / 8;
    yield* probes.floats([half, half], (out, x) =>
      probes.time(`stream ${arrayBytes}`, () => kernels.axpby({ out, x, alpha: 2, beta: 0 })),
    );
    const quarter = arrayBytes / 16;
    yield* probes.floats([quarter, quarter, quarter, quarter], (parameter, m, v, gradient) =>
      probes.time(`adam ${arrayBytes}`, () => kernels.adam({ parameter, m, v, gradient, step: 1, learningRate: 1e-3 })),
    );
  }
  const { rows, d, steps } = waiting;
  const stepsTaken = probes.once('steps taken', () => probes.device.ints(rows));
  yield* probes.floats([rows * d, rows * d, rows * d], function* (parameter, m, v) {
    let step = 0;
    yield* probes.time('waiting rows', () => {
      step += steps;
      kernels.adamRows({ parameter, m, v, stepsTaken, d, step, learningRate: 1e-3 });
    });
    probes.device.write(stepsTaken, new Int32Array(rows));
  });
}

export function secondsPerWaitingStep(probes: Probes): number {
  const { rows, d, steps } = waiting;
  return probes.seconds('waiting rows') / (rows * d * steps);
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
