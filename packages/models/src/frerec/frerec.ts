import type { Tape, Tensor } from '@agentmmrec/autograd';
import { uploadSparse } from '@agentmmrec/autograd';
import { integer, real } from '@agentmmrec/core';
import type { Batch, Represented } from '../contract/data.js';
import { defineModel } from '../contract/model.js';
import { enteringFeatures, featureRankOption } from '../parts/features/enteringFeatures.js';
import { cosineGraph, modalityGraphs } from '../parts/graphs/itemGraphs.js';
import { propagationGraph, userItemGraph } from '../parts/graphs/propagation.js';
import { linearLayer } from '../parts/linear.js';
import { infonceOfRows } from '../parts/losses/contrast.js';
import { egoRegulariser, l2Option } from '../parts/losses/regulariser.js';
import { nodesOf, nodeTable, rowTable, sidesOf } from '../parts/tables.js';
import { graphFilter } from './graphFilter.js';
import { haarWavelet, waveletShrinkage } from './wavelet.js';

/** FreRec, a reconstruction: equations, what is known and what is inferred stand in docs/reconstructions.md#frerec. */
export const frerec = defineModel({
  name: 'frerec',
  source: 'FreRec, ACM Multimedia 2025, pp. 1559-1568, as docs/reconstructions.md has it',
  reconstruction: true,
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 2, help: 'width of an embedding; halves `levels` times' }),
    featureRank: featureRankOption('full'),
    layers: integer(3, { min: 0, max: 8, help: 'order of the filter over the user-item graph' }),
    itemLayers: integer(1, { min: 0, max: 8, help: 'order of the filters over the item graphs' }),
    levels: integer(1, { min: 1, max: 6, help: 'levels of the wavelet transform of the modalities' }),
    k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
    infonce: real(0.01, { min: 0, help: 'weight of InfoNCE between side and content' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
    l2: l2Option(0.1),
  },
  build: (context) => {
    const { device, data } = context;
    const { users } = data;
    const { dimensions: d, layers, itemLayers, levels, k, infonce, temperature, l2, featureRank } = context.options;
    const embedding = nodeTable(context, 'embedding', d, 'xavierUniform'); // [users + items, d]
    const graph = propagationGraph(context, 'symmetric');
    const toUsers = userItemGraph(context, 'symmetric'); // R [users, items]
    const filter = graphFilter(context, 'content', layers);
    const wavelet = haarWavelet(device, d, levels);
    const query = linearLayer(context, 'attention.query', { inputs: d, outputs: d });
    const key = rowTable(context, 'attention.key', d, 1);
    const graphs = modalityGraphs(context, { k, self: 'include' });
    const entering = data.features.map((features) => enteringFeatures(context, features, featureRank));
    const modalities = data.features.map((features, m) => ({
      values: entering[m].values, // [items, inputs]
      project: linearLayer(context, `projection.${features.modality}`, { inputs: entering[m].inputs, outputs: d }),
      shrinkage: waveletShrinkage(context, wavelet, `wavelet.${features.modality}`),
      gate: linearLayer(context, `gate.${features.modality}`, { inputs: d, outputs: d }),
      filter: graphFilter(context, `filter.${features.modality}`, itemLayers),
      graph: uploadSparse(device, cosineGraph(graphs[m].lists)),
    }));

    /** The views of all nodes [users + items, d], weighed row by row: what suits a node is in its own views. */
    const attended = (tape: Tape, views: readonly Tensor[]): Tensor => {
      const scores = views.map((view) => tape.gemm(tape.unary(query.apply(tape, view), 'tanh'), key)); // [nodes, 1]
      const weights = tape.softmaxRows(tape.concatenate(scores as [Tensor, ...Tensor[]]));
      const [first, ...others] = views.map((view, m) => tape.scaleRows(view, tape.columns(weights, m, 1)));
      return tape.total([first, ...others]);
    };

    return {
      parameters: Object.assign(
        { embedding, ...filter.parameters, ...query.parameters, [key.name]: key },
        ...modalities.flatMap((of) =>
          [of.project, of.shrinkage, of.gate, of.filter].map(({ parameters }) => parameters),
        ),
      ) as Record<string, Tensor>,
      forward: (tape) => {
        const ids = sidesOf(tape, embedding, users).items;
        const content = filter.apply(tape, graph, embedding);
        const views = modalities.map((of) => {
          const denoised = of.shrinkage.apply(tape, of.project.apply(tape, of.values));
          const gated = tape.multiply(ids, tape.unary(of.gate.apply(tape, denoised), 'sigmoid'));
          const items = of.filter.apply(tape, of.graph, gated);
          return nodesOf(tape, { users: tape.spmm(toUsers, items), items });
        });
        const side = attended(tape, views);
        return { ...sidesOf(tape, tape.add(content, side), users), content, side };
      },
      terms: (tape, batch, made) => [
        egoRegulariser(tape, made, batch.size, l2),
        ...(infonce > 0 ? contrasts(tape, batch, made.side, made.content) : []),
      ],
    };

    function contrasts(tape: Tape, batch: Batch, side: Tensor, content: Tensor): Tensor[] {
      const [sides, contents] = [side, content].map((nodes): Represented<Tensor> => sidesOf(tape, nodes, users));
      const between = (of: 'users' | 'items', ids: Batch['users']) =>
        infonceOfRows(tape, tape.gatherRows(sides[of], ids), tape.gatherRows(contents[of], ids), temperature);
      return [between('items', batch.positives), between('users', batch.users)].map((loss) =>
        tape.scale(loss, infonce),
      );
    }
  },
});
