import { neighboursToCsr, RandomStreams } from '@agentmmrec/core';
import { inDeviceMemory, seededMatrix } from '../inputs.js';
import { spmmWork } from '../kernelWork.js';
import { type BenchmarkCase, plainTypeScript, type Suite } from '../suite.js';

/** Mean of k neighbours per user row, against our own general SpMM on the same graph. */
export const neighbours: Suite = {
  name: 'neighbours',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const n = size.train.users;
    const k = 10;
    const d = 192;
    const stream = new RandomStreams(3).stream('neighbours', n);
    const indices = Int32Array.from({ length: n * k }, () => stream.integer(n));
    const csr = neighboursToCsr({ rows: n, k, indices }, n);
    const a = device.uploadCsr({ ...csr, values: new Float32Array(n * k).fill(1 / k) });
    const lists = device.upload(indices);
    const x = inDeviceMemory(device, seededMatrix('neighbours', n, d).data);
    const out = device.floats(n * d);
    const plainOut = new Float32Array(n * d);
    const outSpmm = device.floats(n * d);
    yield {
      name: `mean of ${k} neighbours ${size.name} d=${d}`,
      bytes: n * k * (4 * d + 4) + n * 4 * d,
      flops: n * k * d,
      work: (rates) => [spmmWork(rates, { ...csr, indices, values: null }, d)],
      run: () => device.kernels.neighbourMean({ out, neighbours: lists, x, k, d }),
      peers: [],
      others: [
        { name: 'own spmm', run: () => device.kernels.spmm({ out: outSpmm, a, x, d }) },
        ...plainTypeScript(context, (plain) => plain.neighbourMean({ out: plainOut, neighbours: lists, x, k, d })),
      ],
      targets: size.name === 'clothing' ? { 'own spmm': 1.3 } : {},
      bound:
        'The same reads as the general product: of the 776 bytes an edge costs there, only its index and weight, 8 bytes, are saved.',
    };
  },
};
