import type { Tensor } from '@agentmmrec/autograd';
import type { Device, Floats, Precision } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import { type ReadLoss, readSum } from '../contract/readLoss.js';
import { StepMemory } from './stepMemory.js';

interface VbprStep {
  readonly device: Device;
  /** of the products */
  readonly precision: Precision;
  /** [users, 2 d]; gets a `rowGradient` */
  readonly user: Tensor;
  /** [items, d]; gets a `rowGradient` */
  readonly item: Tensor;
  /** features [items, inputs], constant, and the weights [inputs, d] that project them */
  readonly modalities: readonly { readonly values: Tensor; readonly weight: Tensor }[];
  /** [1, d] */
  readonly bias: Tensor;
  readonly l2: number;
  readonly batch: Batch;
  /** default: the number */
  readonly readLoss?: ReadLoss;
}

/**
 * One step of VBPR by hand: the loss, its gradient for the rows of the batch, and that of the projection. The distinct users and items of the
 * batch stand in one table as they rank, [id d | projected features d], and the fused BPR step runs on that; an item that a batch has
 * several times is projected once. For devices that tell the host how many ids are distinct.
 */
export function vbprStep(step: VbprStep): number {
  const { device, user, item, modalities, bias, l2, batch, readLoss = (loss: Floats) => readSum(device, loss) } = step;
  const kernels = device.kernelsIn(step.precision);
  const d = item.cols;
  const memory = new StepMemory(device);
  const ofUsers = memory.sorted([{ ids: batch.users }]);
  const ofItems = memory.sorted([{ ids: batch.positives }, { ids: batch.negatives }]);
  const [users, items] = [ofUsers.segments, ofItems.segments];
  const runs = memory.sorted([{ ids: ofUsers.places }, { ids: ofItems.places, add: users }]); // in the table below

  // forward: users, then items, as they rank
  const table = memory.table(users + items, 2 * d, 'any');
  const [userRows, itemRows] = [table.subarray(0, users * 2 * d), table.subarray(users * 2 * d, table.length)];
  kernels.gatherRows({ out: userRows, x: user.settleRows(ofUsers.segmentIds), ids: ofUsers.segmentIds, d: 2 * d });
  const half = memory.table(items, d, 'any');
  kernels.gatherRows({ out: half, x: item.settleRows(ofItems.segmentIds), ids: ofItems.segmentIds, d });
  kernels.copyColumns({ out: itemRows, x: half, width: 2 * d, at: 0, d });
  const seen = modalities.map(({ values: { data, cols } }) => {
    const rows = memory.table(items, cols, 'any'); // [items, inputs]
    kernels.gatherRows({ out: rows, x: data, ids: ofItems.segmentIds, d: cols });
    return rows;
  });
  for (const [m, { weight }] of modalities.entries()) {
    const sizes = { m: items, n: d, k: weight.rows };
    kernels.gemm({ out: half, a: seen[m], b: weight.settle(), ...sizes, beta: m === 0 ? 0 : 1 });
  }
  kernels.addBias({ out: half, x: half, bias: bias.settle(), d });
  kernels.copyColumns({ out: itemRows, x: half, width: 2 * d, at: d, d });

  const dRows = memory.table(users + items, 2 * d, 'any');
  const slopes = memory.floats(batch.size, 'any');
  const loss = memory.floats(1, 'any');
  const { ids: nodes, order, segmentOffsets, segmentIds } = runs;
  kernels.bprStep({ loss, dRows, slopes, table, nodes, order, segmentOffsets, segmentIds, d: 2 * d, l2 });

  // backward: to the rows of the tables, and through the projection
  const dUser = memory.table(users, 2 * d, 'any');
  kernels.axpby({ out: dUser, x: dRows.subarray(0, dUser.length), alpha: 1, beta: 0 });
  const ofHalf = (at: number) => {
    const rows = memory.table(items, d, 'zeros');
    kernels.addColumns({ out: rows, x: dRows.subarray(dUser.length, dRows.length), width: 2 * d, at, d });
    return rows;
  };
  const [dItem, dProjected] = [ofHalf(0), ofHalf(d)];
  for (const [m, { weight }] of modalities.entries()) {
    const { to, beta } = weight.gradientTarget();
    kernels.gemm({ out: to, a: seen[m], b: dProjected, m: weight.rows, n: d, k: items, transposeA: true, beta });
  }
  kernels.addRowSums({ out: bias.gradientBuffer(), x: dProjected, d });
  user.setRowGradient(memory.handOver(ofUsers.segmentIds), memory.handOver(dUser));
  item.setRowGradient(memory.handOver(ofItems.segmentIds), memory.handOver(dItem));
  const value = readLoss(loss);
  memory.release();
  return value;
}
