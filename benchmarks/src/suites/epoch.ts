import { Adam } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { pairsOf } from '@agentmmrec/datasets';
import { bipartiteAdjacency } from '@agentmmrec/graphs';
import { buildModel, models } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';
import { lightgcnEpochWork } from '../kernelWork.js';
import type { BenchmarkCase, Suite } from '../suite.js';

/**
 * A LightGCN training epoch as docs/definitions.md#epoch counts it: sampling, forward, backward, Adam over all training positives. The
 * peers run the same loop in torch on the same kind of triples, drawn before the clock starts; ours draws its own inside.
 */
export const epoch: Suite = {
  name: 'epoch',
  *cases(device, size): Generator<BenchmarkCase> {
    const { users, items } = size.train;
    const layers = 2;
    const d = 64;
    const l2 = 1e-3;
    const batch = 2048;
    const random = new RandomStreams(999);
    const data = { users, items, train: size.train, features: [], knowledge: null };
    const built = buildModel(models.lightgcn, { data, device, random }, { layers, l2 });
    const adam = new Adam(built.parameters, { learningRate: 1e-3 });
    const sampler = new TripleSampler(device, size.train, { batchSize: batch });
    let round = 0;
    const run = () => {
      sampler.startEpoch(round++, random);
      for (let step = 0; step < sampler.steps; step++) {
        built.fusedStep?.(sampler.batch(step));
        adam.step();
      }
    };
    const pairs = pairsOf(size.train);
    const { count } = sampler;
    const graph = bipartiteAdjacency(size.train, 'symmetric');
    const values = graph.values as Float32Array;
    const stream = random.stream('peer triples');
    const order = stream.shuffle(Int32Array.from({ length: count }, (_, i) => i));
    const column = (data: Int32Array) => ({ data, shape: [data.length] });
    const arrays = {
      offsets: column(graph.offsets),
      indices: column(graph.indices),
      values: { data: values, shape: [values.length] },
      positiveUsers: column(Int32Array.from(order, (at) => pairs.userIds[at])),
      positiveItems: column(Int32Array.from(order, (at) => pairs.itemIds[at])),
      negativeItems: column(Int32Array.from({ length: count }, () => stream.integer(items))),
      table: { data: device.read(built.parameters.embedding.data).slice(), shape: [users + items, d] },
    };
    const peer = (name: string) => ({
      name,
      operation: 'epoch',
      variant: name,
      parameters: { users, layers, batch, l2 },
      arrays,
    });
    const steps = Math.ceil(count / batch);
    const tableBytes = 4 * (users + items) * d;
    yield {
      name: `LightGCN epoch ${size.name} ${layers} layers batch ${batch} d=${d}`,
      // a step propagates `layers` times forward and backward, and Adam passes over parameter, moments and gradient
      bytes: steps * (2 * layers * (graph.indices.length * (4 * d + 8) + tableBytes) + 8 * tableBytes),
      flops: steps * (2 * layers * 2 * graph.indices.length * d + 12 * (users + items) * d),
      work: (rates) => lightgcnEpochWork(rates, graph, { d, layers, batch, positives: count }),
      run,
      peers: [peer('torch-csr'), peer('torch-coo')],
      targets: size.name === 'tiny' ? {} : { 'torch-csr': 4, 'torch-coo': 10 },
    };
  },
};
