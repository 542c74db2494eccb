import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import type { OptionValues } from '@agentmmrec/core';
import type { Batch, Represented } from '../contract/data.js';
import { infonceOfRows } from '../parts/losses/contrast.js';
import { nodesOf, sidesOf } from '../parts/tables.js';
import type { chainedSpaces } from './chainedSpaces.js';
import type { slmrecOptions } from './options.js';

/** What the tasks need of the model. */
export interface TaskContext {
  readonly users: number;
  /** the ids and the modalities: how many tables are propagated */
  readonly views: number;
  readonly graph: SparseMatrix;
  readonly options: OptionValues<typeof slmrecOptions>;
  /** the spaces of `fac`; null in the other tasks */
  readonly spaces: ReturnType<typeof chainedSpaces> | null;
  /** the tables that are propagated, [users + items, d]: the ids, then one a modality */
  initialTables(tape: Tape): Tensor[];
  propagate(tape: Tape, table: Tensor): Tensor;
  fused(tape: Tape, tables: readonly Tensor[]): Represented<Tensor>;
}

/** A self-supervised task: its loss over a batch, [1, 1], from the propagated tables. */
export type SelfTask = (tape: Tape, batch: Batch, propagated: readonly Tensor[]) => Tensor | undefined;

/** The tasks of SLMRec (Tao et al. 2022, section IV) by name. */
export function selfTasks(model: TaskContext): Readonly<Record<'fac' | 'fd' | 'fm', SelfTask>> {
  const { users, graph, options, spaces, initialTables, propagate, fused } = model;
  const { layers, dropout, selfTemperature } = options;
  /** Two views of users and items contrasted over the batch. */
  const contrast = (tape: Tape, batch: Batch, [first, second]: readonly (readonly Tensor[])[]) => {
    const [a, b] = [fused(tape, first), fused(tape, second)];
    const between = (one: Tensor, other: Tensor, ids: Batch['users']) =>
      infonceOfRows(tape, tape.gatherRows(one, ids), tape.gatherRows(other, ids), selfTemperature);
    return tape.add(between(a.users, b.users, batch.users), between(a.items, b.items, batch.positives));
  };
  return {
    fac: (tape, batch, propagated) => {
      const items = propagated.map((table) => tape.gatherRows(table, batch.positives, users));
      return spaces?.loss(tape, items, selfTemperature);
    },
    fd: (tape, batch) => {
      const dropped = (name: string) =>
        initialTables(tape).map((table, t) => {
          const all: [Tensor, ...Tensor[]] = [table];
          for (let l = 0; l < layers; l++) {
            const layer = tape.spmm(graph, all[l]);
            all.push(tape.dropout(layer, dropout, tape.stream(`dropout, ${name}, ${t}, ${l}`)));
          }
          return tape.scale(tape.total(all), 1 / (layers + 1));
        });
      return contrast(tape, batch, [dropped('first'), dropped('second')]);
    },
    fm: (tape, batch) => {
      const masked = (without: number) =>
        initialTables(tape).map((table, t) => {
          const { users: own, items } = sidesOf(tape, table, users);
          const seen = t === without ? nodesOf(tape, { users: own, items: tape.scale(items, 0) }) : table;
          return propagate(tape, seen);
        });
      return contrast(tape, batch, twoOf(tape.stream('masked'), model.views).map(masked));
    },
  };
}

/** Two different numbers below `count`. */
function twoOf(stream: ReturnType<Tape['stream']>, count: number): [number, number] {
  const first = stream.integer(count);
  return [first, (first + 1 + stream.integer(count - 1)) % count];
}
