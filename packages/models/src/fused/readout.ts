import type { Device, DeviceCsr, Floats } from '@agentmmrec/kernels';
import type { BatchNodes } from './batchNodes.js';
import type { StepMemory } from './stepMemory.js';

/** What a hand-written step over a user-item graph works with. */
export interface ReadoutCall {
  readonly device: Device;
  readonly memory: StepMemory;
  /** [n, n], symmetric */
  readonly a: DeviceCsr;
  readonly d: number;
  readonly layers: number;
  /** the rows of the batch in it */
  readonly rows: BatchNodes;
}

/**
 * The mean of ego, A ego, .. A^layers ego at the distinct nodes of the batch [distinct, d]: only those rows of the last layer are computed (the
 * layers before it need every row), and no table of all rows is assembled.
 */
export function readoutOfBatch({ device, memory, a, d, layers, rows }: ReadoutCall, ego: Floats): Floats {
  const { kernels } = device;
  const weight = 1 / (layers + 1);
  const readout = memory.table(rows.distinct, d, 'any');
  const layerRows = memory.table(rows.distinct, d, 'any');
  kernels.gatherRows({ out: readout, x: ego, ids: rows.segmentIds, d });
  let layer: Floats = ego;
  for (let l = 1; l < layers; l++) {
    const next = memory.table(a.rows, d, 'any');
    kernels.spmm({ out: next, a, x: layer, d });
    kernels.gatherRows({ out: layerRows, x: next, ids: rows.segmentIds, d });
    kernels.axpby({ out: readout, x: layerRows, alpha: 1, beta: 1 });
    if (layer !== ego) memory.free(layer);
    layer = next;
  }
  kernels.spmmRows({ out: readout, a, rowIds: rows.segmentIds, x: layer, d, alpha: weight, beta: weight });
  if (layer !== ego) memory.free(layer);
  return readout;
}

/**
 * What the layers 1 to `layers` of that mean pass back to ego, to = weight * sum_l A^l g + beta * to, with g the gradient of the readout [n, d], zero outside
 * the batch, given as gradientRows [3 batch, d]; by Horner's rule H = g + A H. What layer 0 passes back, weight * g, is left to the caller.
 */
export function layersBackward(
  { device, memory, a, d, layers, rows }: ReadoutCall,
  gradientRows: Floats,
  { to, beta }: { readonly to: Floats; readonly beta: number },
): void {
  const { kernels } = device;
  let h = memory.table(a.rows, d, 'zeros');
  kernels.scatterRows({ out: h, rows: gradientRows, ...rows, d });
  for (let l = 1; l < layers; l++) {
    const next = memory.table(a.rows, d, 'any');
    kernels.spmm({ out: next, a, x: h, d });
    kernels.scatterRows({ out: next, rows: gradientRows, ...rows, d });
    memory.free(h);
    h = next;
  }
  kernels.spmm({ out: to, a, x: h, d, alpha: 1 / (layers + 1), beta });
  memory.free(h);
}
