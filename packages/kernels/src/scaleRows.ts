import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec } from './kernel.js';

/** out[n, d] = rows of x[n, d] times scale[n]; may alias x. */
export interface ScaleRows {
  out: Floats;
  x: Floats;
  scale: Floats;
  d: number;
}

function reference({ out, x, scale, d }: HostCall<ScaleRows>): void {
  for (let r = 0; r < scale.length; r++) for (let c = 0; c < d; c++) out[r * d + c] = x[r * d + c] * scale[r];
}

function cases(): KernelCase<ScaleRows>[] {
  const made: KernelCase<ScaleRows>[] = [];
  const add = (n: number, d: number) =>
    made.push({
      label: `${n} x ${d}`,
      call: { out: realValues(n * d, 1), x: realValues(n * d, 2), scale: realValues(n, 3), d },
    });
  for (const n of [0, ...EDGE_LENGTHS]) add(n, 3);
  for (const d of [1, 16, 63, 64, 65, 192]) add(33, d);
  const same = realValues(33 * 20, 4);
  made.push({ label: 'out is x', call: { out: same, x: same, scale: realValues(33, 3), d: 20 } });
  const nan = { x: Float32Array.of(1, Number.NaN, 2, 3), scale: Float32Array.of(0, Number.POSITIVE_INFINITY) };
  made.push({ label: 'NaN passes', call: { out: new Float32Array(4), ...nan, d: 2 } });
  return made;
}

export const scaleRows: KernelSpec<ScaleRows> = {
  positional: ({ out, x, scale, d }) => [out, x, scale, d],
  outputs: ['out'],
  reference,
  cases,
  tolerance: () => ({ absolute: 1e-37, relative: 6e-8, reason: 'one rounding' }),
  bytes: { formula: '4 (n + 2 nd)', count: ({ out, scale }) => 4 * (2 * out.length + scale.length) },
  flops: { formula: 'n d', count: ({ out }) => out.length },
  typical: (step) => {
    const { nodes, d } = step;
    return [
      {
        shape: `${nodes} x ${d}`,
        call: { out: step.zeros(nodes * d), x: step.floats(nodes * d), scale: step.floats(nodes), d },
      },
    ];
  },
};
