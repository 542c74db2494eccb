import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import { defineModel } from '../contract/model.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { propagationGraph } from '../parts/graphs/propagation.js';
import { linearLayer } from '../parts/linear.js';
import { infonceOfRows } from '../parts/losses/contrast.js';
import { parametersOf, tableOf } from '../parts/parameters.js';
import { nodesOf, nodeTable, sidesOf } from '../parts/tables.js';
import { chainedSpaces } from './chainedSpaces.js';
import { slmrecOptions } from './options.js';
import { selfTasks } from './tasks.js';

/**
 * SLMRec: ids and, in each modality, the users' ids with the projected unit features are propagated by LightGCN (mean of layers); all
 * of them side by side pass one linear layer for users and one for items.
 *
 * Loss = InfoNCE of the batch's unit rows (a user's item against the batch's others) + selfSupervision * task between views of the items
 * fac  = InfoNCE of the ids' view with the first modality in one space, then of that space's image with the next in a coarser one
 * fd   = two views with features dropped at each layer; fm = two views, each with a random modality masked
 *
 * Source: Tao et al. 2022, "Self-supervised Learning for Multimedia Recommendation", eq. 1-18, with the choices of its port to MMRec
 * (task fac, no BPR; the linear step of a modality that is absent stays; L2 of all parameters in the optimizer's gradient).
 */
export const slmrec = defineModel({
  name: 'slmrec',
  source: 'Tao et al. 2022, IEEE Transactions on Multimedia, eq. 1-18',
  needs: ['features'],
  options: slmrecOptions,
  build: (context) => {
    const { data, options } = context;
    const { users } = data;
    const { dimensions: d, layers, temperature, task, selfSupervision, l2 } = options;
    const ids = nodeTable(context, 'id', d, 'xavierUniform'); // [users + items, d]
    const graph = propagationGraph(context, 'symmetric');
    const initial = 'xavierUniform' as const;
    const modalities = data.features.map((features) => ({
      name: features.modality,
      values: constantFeatures(context, features), // [items, width]
      project: linearLayer(context, `${features.modality}.project`, {
        inputs: features.matrix.cols,
        outputs: d,
        initial,
      }),
    }));
    const views = modalities.length + 1;
    const fuse = {
      users: linearLayer(context, 'fuse.users', { inputs: views * d, outputs: d, initial }),
      items: linearLayer(context, 'fuse.items', { inputs: views * d, outputs: d, initial }),
    };
    const spaces = task === 'fac' ? chainedSpaces(context, d, modalities.length) : null;
    const projections = modalities.map(({ project }) => project);
    const parameters = parametersOf(tableOf(ids), ...projections, fuse.users, fuse.items, spaces);
    /** The tables that are propagated, [users + items, d]: the ids, then one a modality. */
    const initialTables = (tape: Tape): Tensor[] => {
      const own = sidesOf(tape, ids, users).users;
      const projected = modalities.map(({ values, project }) => project.apply(tape, tape.normalizeRows(values)));
      return [ids, ...projected.map((items) => nodesOf(tape, { users: own, items }))];
    };
    const fused = (tape: Tape, tables: readonly Tensor[]) => {
      const sides = tables.map((table) => sidesOf(tape, table, users));
      const joined = (of: readonly Tensor[]) => tape.concatenate(of as [Tensor, ...Tensor[]]);
      return {
        users: fuse.users.apply(tape, joined(sides.map((side) => side.users))),
        items: fuse.items.apply(tape, joined(sides.map((side) => side.items))),
      };
    };
    const propagate = (tape: Tape, table: Tensor) => tape.lightgcnReadout(graph, table, layers, 1 / (layers + 1));
    const tasks = selfTasks({ users, views, graph, options, spaces, initialTables, propagate, fused });
    return {
      parameters,
      forward: (tape) => {
        const propagated = initialTables(tape).map((table) => propagate(tape, table));
        return { ...fused(tape, propagated), propagated };
      },
      rows: (tape, batch) => {
        const propagated = initialTables(tape).map((table) => propagate(tape, table));
        const rows = (side: 'users' | 'items', ids: Ints) => {
          const [first, ...others] = propagated.map((of) => tape.gatherRows(of, ids, side === 'users' ? 0 : users));
          return fuse[side].apply(tape, tape.concatenate([first, ...others]));
        };
        const positive = rows('items', batch.positives);
        return { user: rows('users', batch.users), positive, negative: positive, propagated }; // the loss has no negatives
      },
      loss: (tape, batch, { user, positive, propagated }) => {
        const main = infonceOfRows(tape, user, positive, temperature);
        const side = selfSupervision > 0 ? tasks[task](tape, batch, propagated) : undefined;
        const norms = l2 > 0 ? Object.values(parameters).map((of) => tape.squaredNorm(of, l2 / 2)) : [];
        return tape.total([main, ...(side ? [tape.scale(side, selfSupervision)] : []), ...norms]);
      },
    };
  },
});
