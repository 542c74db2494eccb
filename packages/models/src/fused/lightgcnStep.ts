import type { Tensor } from '@agentmmrec/autograd';
import type { Device, DeviceCsr, Floats } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import { type ReadLoss, readSum } from '../contract/readLoss.js';
import { batchNodes } from './batchNodes.js';
import { layersBackward, readoutOfBatch } from './readout.js';
import { StepMemory } from './stepMemory.js';

interface LightgcnStep {
  readonly device: Device;
  /** [n, n], symmetric */
  readonly a: DeviceCsr;
  /** [n, d]; its gradient is written */
  readonly embedding: Tensor;
  readonly users: number;
  readonly layers: number;
  readonly l2: number;
  readonly batch: Batch;
  /** default: the number */
  readonly readLoss?: ReadLoss;
}

/**
 * One LightGCN training step by hand: the loss, and its gradient added to `embedding.gradient`.
 *
 * Only the batch's rows of the last layer are computed (the layers before it need every row), and the readout is never
 * assembled. Backward, with g the gradient of the readout rows (zero outside the batch): the gradient of the embedding is
 * w * sum_l A^l g, by Horner's rule H = g + A H, L times. Equal to the tape's gradient up to rounding; tested. Beside the
 * embedding and Adam's moments no more than two tables live at any time, so that the step of a small data set stays in cache.
 */
export function lightgcnStep(step: LightgcnStep): number {
  const { device, a, embedding, users, layers, l2, batch, readLoss = (loss: Floats) => readSum(device, loss) } = step;
  const { kernels } = device;
  const d = embedding.cols;
  const weight = 1 / (layers + 1);
  const memory = new StepMemory(device);
  const rows = batchNodes(batch, users, memory);
  const ego = embedding.settle();

  const call = { device, memory, a, d, layers, rows };
  const readout = readoutOfBatch(call, ego);

  // loss and gradient rows [3 batch, d]: users, positives, negatives
  const size = batch.size * d;
  const triples = memory.table(3 * batch.size, d, 'any');
  const gradientRows = memory.table(3 * batch.size, d, 'any');
  const loss = memory.floats(2, 'any');
  const part = (of: Floats, p: number): Floats => of.subarray(p * size, (p + 1) * size);
  kernels.gatherRows({ out: triples, x: readout, ids: rows.places, d });
  kernels.bpr({
    loss: loss.subarray(0, 1),
    dUser: part(gradientRows, 0),
    dPositive: part(gradientRows, 1),
    dNegative: part(gradientRows, 2),
    user: part(triples, 0),
    positive: part(triples, 1),
    negative: part(triples, 2),
    d,
  });

  const gradient = embedding.gradientTarget();
  layersBackward(call, gradientRows, gradient);

  // the last g and the regulariser's gradient on the ego rows go in together; `triples` is free again
  kernels.gatherRows({ out: triples, x: ego, ids: rows.nodes, d });
  const squares = memory.floats(3 * batch.size, 'any'); // row by row: an order of adding that does not depend on who holds which columns
  kernels.rowDot({ out: squares, a: triples, b: triples, d });
  kernels.sum({ out: loss.subarray(1, 2), x: squares, alpha: l2 / (2 * batch.size) });
  kernels.axpby({ out: triples, x: gradientRows, alpha: weight, beta: l2 / batch.size });
  kernels.scatterRows({ out: gradient.to, rows: triples, ...rows, d });

  const value = readLoss(loss);
  memory.release();
  return value;
}
