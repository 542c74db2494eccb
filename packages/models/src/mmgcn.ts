import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import { flag, integer } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import { defineModel, type PartContext } from './contract/model.js';
import { constantFeatures } from './parts/features/featureTables.js';
import { propagationGraph } from './parts/graphs/propagation.js';
import { linearLayer } from './parts/linear.js';
import { l2MeanOption, meanSquare } from './parts/losses/regulariser.js';
import { nodesOf, nodeTable, rowTable, sidesOf } from './parts/tables.js';

/**
 * MMGCN: in each modality a graph convolution network of its own over the user-item graph, from the users' preferences and the items'
 * features, x^0 = unit rows of [preference; features]. A layer takes the mean of the neighbours, h = s(M x W), adds the id embedding
 * to its own, y = s(x U + b) + id, and joins both, x = s([h | y] G + c), with s = LeakyReLU. Representation: mean over modalities.
 * Loss: BPR plus l2 times the mean squares of the batch's ids and of the image preferences.
 *
 * Source: Wei et al. 2019, "MMGCN: Multi-modal Graph Convolution Network for Personalized Recommendation of Micro-video", eq. 1-6,
 * with the choices of its port to MMRec: three layers, images first to 256, joined by concatenation (its flag is the text 'False',
 * which is true). That port leaves ids and preferences out of its optimizer; here they are trained, as the paper says.
 */
export const mmgcn = defineModel({
  name: 'mmgcn',
  source: 'Wei et al. 2019, ACM Multimedia, eq. 1-6',
  needs: ['features'],
  options: {
    dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
    layers: integer(3, { min: 1, max: 8, help: 'graph convolutions in each modality' }),
    imageWidth: integer(256, { min: 1, help: 'width that image features are brought to before the first layer' }),
    concatenate: flag(true, 'join neighbours and self side by side; off: add them'),
    l2: l2MeanOption(1e-3),
  },
  build: (context) => {
    const { data, options } = context;
    const { users, features } = data;
    const ids = nodeTable(context, 'id', options.dimensions); // [users + items, dimensions]
    const graph = propagationGraph(context, 'row');
    const branches = features.map((of) => branch(context, of, options));
    const imagePreferences = branches.flatMap(({ modality, preference }) => (modality === 'image' ? [preference] : []));
    return {
      parameters: Object.assign({ id: ids }, ...branches.map(({ parameters }) => parameters)),
      forward: (tape) => {
        const [first, ...others] = branches.map(({ convolve }) => convolve(tape, graph, ids));
        return sidesOf(tape, tape.scale(tape.total([first, ...others]), 1 / branches.length), users);
      },
      terms: (tape, batch) => {
        const [user, positive, negative] = [
          tape.gatherRows(ids, batch.users),
          tape.gatherRows(ids, batch.positives, users),
          tape.gatherRows(ids, batch.negatives, users),
        ];
        const terms = [meanSquare(tape, [user]), meanSquare(tape, [positive, negative])];
        for (const preference of imagePreferences) terms.push(meanSquare(tape, [preference]));
        return terms.map((term) => tape.scale(term, options.l2));
      },
    };
  },
});

/** The network of one modality; its parameters are called `<modality>.<...>`. */
function branch(
  context: PartContext,
  features: Features,
  options: { dimensions: number; layers: number; imageWidth: number; concatenate: boolean },
) {
  const { modality } = features;
  const { users } = context.data;
  const d = options.dimensions;
  const raw = constantFeatures(context, features); // [items, raw.cols]
  const width = modality === 'image' ? options.imageWidth : raw.cols;
  const project =
    modality === 'image' ? linearLayer(context, `${modality}.project`, { inputs: raw.cols, outputs: width }) : null;
  const preference = rowTable(context, `${modality}.preference`, users, width);
  const layers = Array.from({ length: options.layers }, (_, l) => {
    const inputs = l === 0 ? width : d;
    const named = (part: string) => `${modality}.layer${l + 1}.${part}`;
    const initial = 'xavierNormal' as const;
    return {
      neighbours: linearLayer(context, named('neighbours'), { inputs, outputs: inputs, bias: false, initial }),
      self: linearLayer(context, named('self'), { inputs, outputs: d, initial }),
      join: linearLayer(context, named('join'), {
        inputs: options.concatenate ? inputs + d : inputs,
        outputs: d,
        ...(l === 0 && { initial }), // the code draws the first by Xavier and leaves the others as they come
      }),
    };
  });
  const slope = 0.01; // of LeakyReLU
  const leaky = (tape: Tape, x: Tensor) => tape.unary(x, 'leakyRelu', slope);
  return {
    modality,
    preference,
    parameters: Object.assign(
      { [preference.name]: preference, ...project?.parameters },
      ...layers.flatMap((layer) => Object.values(layer).map(({ parameters }) => parameters)),
    ) as Readonly<Record<string, Tensor>>,
    /** [users + items, d] */
    convolve: (tape: Tape, mean: SparseMatrix, ids: Tensor): Tensor => {
      const own = project ? project.apply(tape, raw) : raw;
      let x = tape.normalizeRows(nodesOf(tape, { users: preference, items: own }));
      for (const { neighbours, self, join } of layers) {
        const h = leaky(tape, tape.spmm(mean, neighbours.apply(tape, x)));
        const y = tape.add(self.apply(tape, x, slope), ids);
        x = options.concatenate
          ? join.apply(tape, tape.concatenate([h, y]), slope)
          : leaky(tape, tape.add(join.apply(tape, h), y));
      }
      return x;
    },
  };
}
