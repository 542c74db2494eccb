import type { Tensor } from '@agentmmrec/autograd';
import type { Device } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import { type ReadLoss, readSum } from '../contract/readLoss.js';
import { batchNodes } from './batchNodes.js';
import { StepMemory } from './stepMemory.js';

interface BprStep {
  readonly device: Device;
  /** [users + items, d]; gets a `rowGradient` */
  readonly embedding: Tensor;
  readonly users: number;
  readonly l2: number;
  readonly batch: Batch;
  /** default: the number */
  readonly readLoss?: ReadLoss;
}

/**
 * One step of matrix factorisation by hand: the loss, and its gradient for the rows of the batch. No other row is read or
 * written, so the optimizer can let them wait (see Adam) and a step costs what its batch costs, however large the tables are.
 */
export function bprStep({
  device,
  embedding,
  users,
  l2,
  batch,
  readLoss = (loss) => readSum(device, loss),
}: BprStep): number {
  const d = embedding.cols;
  const memory = new StepMemory(device);
  const { nodes, order, segmentOffsets, segmentIds, distinct } = batchNodes(batch, users, memory);
  const dRows = memory.table(distinct, d, 'any');
  const slopes = memory.floats(batch.size, 'any');
  const loss = memory.floats(1, 'any');
  const table = embedding.settleRows(segmentIds);
  device.kernels.bprStep({ loss, dRows, slopes, table, nodes, order, segmentOffsets, segmentIds, d, l2 });
  embedding.setRowGradient(memory.handOver(segmentIds), memory.handOver(dRows));
  const value = readLoss(loss);
  memory.release();
  return value;
}
