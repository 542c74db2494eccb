import { bipartiteAdjacency } from '@agentmmrec/graphs';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { spmmWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** A x over the training graph: the field's libraries use torch COO, the best of torch is CSR with int32 indices. */
export const spmm: Suite = {
  name: 'spmm',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const graph = bipartiteAdjacency(size.train, 'symmetric');
    const a = device.uploadCsr(graph);
    const shape = (data: { length: number }) => [data.length];
    for (const d of [64, 192]) {
      const x = seededMatrix('spmm', graph.cols, d);
      const out = device.floats(graph.rows * d);
      const plainOut = new Float32Array(graph.rows * d);
      const [roundedOut, scratch] = [device.floats(graph.rows * d), device.ints(graph.cols * d)];
      const deviceX = inDeviceMemory(device, x.data);
      const values = graph.values as Float32Array;
      const arrays = {
        offsets: { data: graph.offsets, shape: shape(graph.offsets) },
        indices: { data: graph.indices, shape: shape(graph.indices) },
        values: { data: values, shape: shape(values) },
        x: { data: x.data, shape: [x.rows, d] },
      };
      const peer = (name: string) => ({ name, operation: 'spmm', variant: name, parameters: {}, arrays });
      yield {
        name: `spmm ${size.name} d=${d}`,
        // every edge reads a row of x; rows of x that stay in cache make the true traffic less, never more
        bytes: graph.indices.length * (4 * d + 8) + graph.rows * 4 * d,
        flops: 2 * graph.indices.length * d,
        work: (rates) => [spmmWork(rates, graph, d)],
        run: () => device.kernels.spmm({ out, a, x: deviceX, d }),
        others: [
          {
            name: 'rows in bf16',
            run: () => device.kernels.spmmBfloat({ out: roundedOut, scratch, a, x: deviceX, d }),
          },
          ...plainTypeScript(context, (plain) => plain.spmm({ out: plainOut, a, x: deviceX, d })),
        ],
        result: () => device.read(out),
        peers: [peer('torch-csr'), peer('torch-coo'), peer('scipy')],
        targets: size.name === 'clothing' ? { 'torch-csr': d === 64 ? 4 : 8, 'torch-coo': d === 64 ? 15 : 12 } : {},
        bound:
          'Memory: at d = 192 a product asks for 354 MB (each edge a row of 768 bytes), more than the copy rate of the machine could ' +
          'bring in the time. Tried and kept: column slices, prefetch, cuts by edges, huge pages. Tried and left out: the nodes in ' +
          'another order (degree, reverse Cuthill-McKee, label propagation, barycentre) gains at most 10 % and would renumber every ' +
          'table; stores past the caches lose, for the next kernel reads the result; rows in bf16 gain 1.2 to 1.4 times once they ' +
          'are rounded, which at six entries a row costs more than that (`--precision bf16` rounds them on denser graphs).',
      };
    }
  },
};
