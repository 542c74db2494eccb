import type { SparseMatrix, Tensor } from '@agentmmrec/autograd';
import type { Device, Floats, Precision } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import { type ReadLoss, readSum } from '../contract/readLoss.js';
import { batchNodes } from './batchNodes.js';
import { layersBackward, readoutOfBatch } from './readout.js';
import { StepMemory } from './stepMemory.js';

interface FreedomStep {
  readonly device: Device;
  readonly precision: Precision;
  /** [users + items, d]; its gradient is written */
  readonly embedding: Tensor;
  readonly users: number;
  /** the user-item graph of the epoch, symmetric */
  readonly graph: SparseMatrix;
  readonly layers: number;
  readonly itemGraph: SparseMatrix;
  readonly itemLayers: number;
  /** features [items, width], trained ones get a `rowGradient`, and the weights [width, d] that project them */
  readonly modalities: readonly { readonly values: Tensor; readonly weight: Tensor }[];
  readonly modalityLoss: number;
  readonly batch: Batch;
  /** default: the number */
  readonly readLoss?: ReadLoss;
}

/**
 * One step of FREEDOM by hand: the loss, and the gradient of everything. Of the last layers over both graphs only the batch's rows are
 * computed; features are looked up, projected and moved for the distinct items of the batch alone, so that Adam lets the others wait.
 */
export function freedomStep(step: FreedomStep): number {
  const { device, embedding, users, graph, layers, itemGraph, itemLayers, modalities, modalityLoss, batch } = step;
  const { readLoss = (loss: Floats) => readSum(device, loss) } = step;
  const kernels = device.kernelsIn(step.precision);
  const { rows: n, cols: d } = embedding;
  const memory = new StepMemory(device);
  const rows = batchNodes(batch, users, memory);
  const items = memory.sorted([{ ids: batch.positives }, { ids: batch.negatives }]);
  const runs = { ...items, segmentIds: memory.sorted([{ ids: items.places }]).segmentIds }; // by their places
  const call = { device, memory, a: graph.forward, d, layers, rows };
  const ego = embedding.settle();
  const size = batch.size * d;

  // forward
  const readout = readoutOfBatch(call, ego);
  let carried = ego.subarray(users * d, n * d); // [items, d]
  for (let l = 1; l < itemLayers; l++) {
    const next = memory.table(n - users, d, 'any');
    kernels.spmm({ out: next, a: itemGraph.forward, x: carried, d });
    carried = next;
  }
  const ofItems = memory.table(items.segments, d, 'any');
  const [out, rowIds] = [ofItems, items.segmentIds];
  if (itemLayers > 0) kernels.spmmRows({ out, a: itemGraph.forward, rowIds, x: carried, d });
  else kernels.gatherRows({ out, x: carried, ids: rowIds, d });
  const triples = memory.table(3 * batch.size, d, 'any');
  kernels.gatherRows({ out: triples, x: readout, ids: rows.places, d });
  const pairs = triples.subarray(size, 3 * size);
  kernels.neighbourMean({ out: pairs, neighbours: items.places, x: ofItems, k: 1, d, beta: 1 });

  // loss and gradient rows [3 batch, d]: users, positives, negatives
  const loss = memory.floats(1 + modalities.length, 'any');
  const bpr = (of: Floats, dRows: Floats, positives: Floats, at: number) => {
    const part = (table: Floats, p: number): Floats => table.subarray(p * size, (p + 1) * size);
    kernels.bpr({
      loss: loss.subarray(at, at + 1),
      dUser: part(dRows, 0),
      dPositive: part(dRows, 1),
      dNegative: part(dRows, 2),
      user: part(of, 0),
      positive: part(positives, 0),
      negative: part(positives, 1),
      d,
    });
  };
  const gradientRows = memory.table(3 * batch.size, d, 'any');
  bpr(triples, gradientRows, pairs, 0);

  for (const [m, { values, weight }] of modalities.entries()) {
    const [width, ids] = [values.cols, items.segmentIds];
    const features = memory.table(items.segments, width, 'any');
    kernels.gatherRows({ out: features, x: values.settleRows(ids), ids, d: width });
    const projected = memory.table(items.segments, d, 'any');
    const w = weight.settle();
    kernels.gemm({ out: projected, a: features, b: w, m: items.segments, n: d, k: width });
    const ofPairs = memory.table(2 * batch.size, d, 'any');
    kernels.gatherRows({ out: ofPairs, x: projected, ids: items.places, d });
    const dRows = memory.table(3 * batch.size, d, 'any');
    bpr(triples, dRows, ofPairs, 1 + m);
    const ofLoss = loss.subarray(1 + m, 2 + m);
    kernels.axpby({ out: ofLoss, x: ofLoss, alpha: modalityLoss, beta: 0 });
    const dUsers = gradientRows.subarray(0, size);
    kernels.axpby({ out: dUsers, x: dRows.subarray(0, size), alpha: modalityLoss, beta: 1 });
    const dProjected = memory.table(items.segments, d, 'zeros');
    const rowsOfPairs = dRows.subarray(size, 3 * size);
    kernels.scatterRows({ out: dProjected, rows: rowsOfPairs, ...runs, d, alpha: modalityLoss });
    const target = weight.gradientTarget();
    const sizes = { m: width, n: d, k: items.segments };
    kernels.gemm({ out: target.to, a: features, b: dProjected, ...sizes, transposeA: true, beta: target.beta });
    if (values.requiresGradient) {
      kernels.gemm({ out: features, a: dProjected, b: w, m: items.segments, n: width, k: d, transposeB: true });
      values.setRowGradient(device.gatherIds(ids, runs.segmentIds, 1), memory.handOver(features));
    }
    for (const table of [projected, ofPairs, dRows, dProjected]) memory.free(table);
  }

  // backward: the layers over both graphs, then what the rows themselves have
  const gradient = embedding.gradientTarget();
  layersBackward(call, gradientRows, gradient);
  const { to } = gradient;
  kernels.scatterRows({ out: to, rows: gradientRows, ...rows, d, alpha: 1 / (layers + 1) });
  const toItems = to.subarray(users * d, n * d);
  const ofPairs = gradientRows.subarray(size, 3 * size);
  if (itemLayers === 0) kernels.scatterRows({ out: toItems, rows: ofPairs, ...items, d });
  else {
    let h = memory.table(n - users, d, 'zeros');
    kernels.scatterRows({ out: h, rows: ofPairs, ...items, d });
    for (let l = 1; l < itemLayers; l++) {
      const next = memory.table(n - users, d, 'any');
      kernels.spmm({ out: next, a: itemGraph.transposed, x: h, d });
      h = next;
    }
    kernels.spmm({ out: toItems, a: itemGraph.transposed, x: h, d, beta: 1 });
  }
  const value = readLoss(loss);
  memory.release();
  return value;
}
