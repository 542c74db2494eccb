import { seededMatrix } from '../inputs.js';
import { pairsWork } from '../kernelWork.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/** Exact cosine neighbours of all items, text width 384 and image width 4096. Extra memory is the packed tiles only. */
export const topk: Suite = {
  name: 'topk',
  *cases(device, size): Generator<BenchmarkCase> {
    const n = size.train.items;
    const k = 10;
    for (const d of [384, 4096]) {
      const x = seededMatrix('topk', n, d);
      const keys = device.upload(x.data);
      const indices = device.ints(n * k);
      const scores = device.floats(n * k);
      const arrays = { x: { data: x.data, shape: [n, d] } };
      const peer = (name: string) => ({ name, operation: 'neighbours', variant: name, parameters: { k }, arrays });
      yield {
        name: `cosine top-${k} ${size.name} ${n} x ${d}`,
        bytes: 4 * n * d,
        flops: n * n * d, // the similarity matrix is symmetric: half of 2 n n d
        work: () => [pairsWork(n, d, k)],
        run: () => device.kernels.cosineTopK({ indices, scores, queries: keys, keys, d, k }),
        result: () => device.read(indices),
        peers: [peer('faiss'), peer('torch')],
        targets: size.name === 'clothing' ? { faiss: 1.7 } : {},
      };
    }
  },
};
