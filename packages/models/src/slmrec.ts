import type { Tape, Tensor } from '@agentmmrec/autograd';
import { choice, integer, real } from '@agentmmrec/core';
import type { Batch } from './contract/data.js';
import { defineModel } from './contract/model.js';
import { infonceOfRows } from './parts/contrast.js';
import { constantFeatures } from './parts/featureTables.js';
import { fineAndCoarse } from './parts/fineAndCoarse.js';
import { linearLayer } from './parts/linear.js';
import { propagationGraph } from './parts/propagation.js';
import { nodesOf, nodeTable, sidesOf } from './parts/tables.js';

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
  options: {
    dimensions: integer(64, { min: 2, help: 'width of an embedding' }),
    layers: integer(3, { min: 1, max: 8, help: 'propagation layers' }),
    temperature: real(0.2, { min: 1e-3, help: 'temperature of the main InfoNCE' }),
    task: choice('fac', ['fac', 'fd', 'fm'], 'self-supervised task: fine and coarse, feature dropout, feature masking'),
    selfSupervision: real(0.1, { min: 0, help: 'weight of the self-supervised task' }),
    selfTemperature: real(0.2, { min: 1e-3, help: 'temperature of the self-supervised task' }),
    dropout: real(0.3, { min: 0, max: 0.99, help: 'part of the features dropped at each layer (task fd)' }),
    l2: real(1e-4, { min: 0, help: 'weight of half the squared norm of all parameters' }),
  },
  build: (context) => {
    const { data, options } = context;
    const { users } = data;
    const { dimensions: d, layers, temperature, task, selfSupervision, selfTemperature, dropout, l2 } = options;
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
    const spaces = task === 'fac' ? fineAndCoarse(context, d, modalities.length) : null;
    const parameters: Readonly<Record<string, Tensor>> = Object.assign(
      { id: ids },
      ...[...modalities.map(({ project }) => project), fuse.users, fuse.items].map((layer) => layer.parameters),
      spaces?.parameters,
    );
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
    /** Two views of users and items contrasted over the batch. */
    const contrast = (tape: Tape, batch: Batch, first: readonly Tensor[], second: readonly Tensor[]) => {
      const [a, b] = [fused(tape, first), fused(tape, second)];
      const between = (first: Tensor, second: Tensor, ids: Batch['users']) =>
        infonceOfRows(tape, tape.gatherRows(first, ids), tape.gatherRows(second, ids), selfTemperature);
      return tape.add(between(a.users, b.users, batch.users), between(a.items, b.items, batch.positives));
    };
    const tasks = {
      fac: (tape: Tape, batch: Batch, propagated: readonly Tensor[]) => {
        const items = propagated.map((table) => tape.gatherRows(table, batch.positives, users));
        return spaces?.loss(tape, items, selfTemperature);
      },
      fd: (tape: Tape, batch: Batch) => {
        const dropped = (name: string) =>
          initialTables(tape).map((table, t) => {
            const all = [table];
            for (let l = 0; l < layers; l++) {
              const layer = tape.spmm(graph, all[l]);
              all.push(tape.dropout(layer, dropout, tape.stream(`dropout, ${name}, ${t}, ${l}`)));
            }
            return tape.scale(tape.total(all as [Tensor, ...Tensor[]]), 1 / (layers + 1));
          });
        return contrast(tape, batch, dropped('first'), dropped('second'));
      },
      fm: (tape: Tape, batch: Batch) => {
        const stream = tape.stream('masked');
        const first = stream.integer(views);
        const second = (first + 1 + stream.integer(views - 1)) % views;
        const masked = (without: number) =>
          initialTables(tape).map((table, t) => {
            const { users: own, items } = sidesOf(tape, table, users);
            const seen = t === without ? nodesOf(tape, { users: own, items: tape.scale(items, 0) }) : table;
            return propagate(tape, seen);
          });
        return contrast(tape, batch, masked(first), masked(second));
      },
    };
    return {
      parameters,
      forward: (tape) => {
        const propagated = initialTables(tape).map((table) => propagate(tape, table));
        return { ...fused(tape, propagated), propagated };
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
