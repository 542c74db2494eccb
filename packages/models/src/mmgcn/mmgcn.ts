import type { Tape, Tensor } from '@agentmmrec/autograd';
import { flag, integer } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import { defineModel } from '../contract/model.js';
import { propagationGraph } from '../parts/graphs/propagation.js';
import { l2MeanOption, meanSquare } from '../parts/losses/regulariser.js';
import { nodeTable, sidesOf } from '../parts/tables.js';
import { modalityBranch } from './modalityBranch.js';

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
    const branches = features.map((of) => modalityBranch(context, of, options));
    const imagePreferences = branches.flatMap(({ modality, preference }) => (modality === 'image' ? [preference] : []));
    /** Of all nodes [users + items, d], or of these [rows.length, d]. */
    const represented = (tape: Tape, rows?: Ints): Tensor => {
      const [first, ...others] = branches.map(({ convolve }) => convolve(tape, graph, ids, rows));
      return tape.scale(tape.total([first, ...others]), 1 / branches.length);
    };
    return {
      parameters: Object.assign({ id: ids }, ...branches.map(({ parameters }) => parameters)),
      forward: (tape) => sidesOf(tape, represented(tape), users),
      rows: (tape, batch) => {
        const items = [batch.positives, batch.negatives].map((of) => ({ ids: of, add: users }));
        const nodes = tape.distinctOf([{ ids: batch.users }, ...items]);
        const own = represented(tape, nodes.ids);
        const [user, positive, negative] = [0, 1, 2].map((part) =>
          tape.gatherRows(own, nodes.places.subarray(part * batch.size, (part + 1) * batch.size)),
        );
        return { user, positive, negative };
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
