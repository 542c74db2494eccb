import type { Floats, Ints } from '@agentmmrec/kernels';
import { seededMatrix } from '../inputs.js';
import { pairsWork } from '../kernelWork.js';
import { extraMemory } from '../memory.js';
import { type BenchmarkCase, type Fact, plainTypeScript, type Suite } from '../suite.js';

/** Exact cosine neighbours of all items, text width 384 and image width 4096. Extra memory is the packed tiles only. */
export const topk: Suite = {
  name: 'topk',
  *cases(device, size, context): Generator<BenchmarkCase> {
    const n = size.train.items;
    const k = 10;
    for (const d of [384, 4096]) {
      const x = seededMatrix('topk', n, d);
      const keys = device.upload(x.data);
      const indices = device.ints(n * k);
      const scores = device.floats(n * k);
      const arrays = { x: { data: x.data, shape: [n, d] } };
      const peer = (name: string) => ({ name, operation: 'neighbours', variant: name, parameters: { k }, arrays });
      const call = { indices, scores, queries: keys, keys, d, k };
      const run = () => device.kernels.cosineTopK(call);
      yield {
        name: `cosine top-${k} ${size.name} ${n} x ${d}`,
        bytes: 4 * n * d,
        flops: n * n * d, // the similarity matrix is symmetric: half of 2 n n d
        work: () => [pairsWork(n, d, k)],
        run,
        others: plainTypeScript(context, (plain) => plain.cosineTopK(firstQueries(call)), PLAIN_QUERIES / n),
        result: () => device.read(indices),
        peers: [peer('faiss'), peer('torch')],
        facts: () => extraMemoryOf(run),
        targets: size.name === 'clothing' ? { faiss: 1.7 } : {},
      };
    }
  },
};

/** Queries that the plain version looks for. */
const PLAIN_QUERIES = 4;

function firstQueries<T extends { indices: Ints; scores: Floats; queries: Floats; d: number; k: number }>(call: T): T {
  const { queries, d, k } = call;
  return {
    ...call,
    indices: new Int32Array(PLAIN_QUERIES * k),
    scores: new Float32Array(PLAIN_QUERIES * k),
    queries: queries.subarray(0, PLAIN_QUERIES * d),
  };
}

function extraMemoryOf(run: () => void): Fact[] {
  const bytes = extraMemory(run);
  return bytes === null
    ? []
    : [{ name: 'memory beside inputs and result', value: bytes, unit: 'bytes', target: { atMost: 64 * 2 ** 20 } }];
}
