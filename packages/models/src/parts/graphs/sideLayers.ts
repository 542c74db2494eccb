import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import type { Represented } from '../../contract/data.js';

type Sides = Represented<Tensor>;
type Graphs = Represented<SparseMatrix>;

/** The same of users and of items. */
export function bothSides(make: (side: keyof Sides) => Tensor): Sides {
  return { users: make('users'), items: make('items') };
}

/** What items have [items, d], at their users and back. */
export function fromItems(tape: Tape, graphs: Graphs, x: Tensor): Sides {
  const users = tape.spmm(graphs.users, x);
  return { users, items: tape.spmm(graphs.items, users) };
}

/** What users have [users, d], at their items and back. */
export function fromUsers(tape: Tape, graphs: Graphs, x: Tensor): Sides {
  const items = tape.spmm(graphs.items, x);
  return { users: tape.spmm(graphs.users, items), items };
}

/**
 * The mean of the layers from `first` on, each taken from the items to the users and back, the last with a softmax of its rows (the code of
 * MMSSL, Wei et al. 2023, and of LLMRec, Wei et al. 2024).
 */
export function meanOfLayers(tape: Tape, graphs: Graphs, first: Sides, layers: number): Sides {
  const all: [Sides, ...Sides[]] = [first];
  for (let layer = 1; layer <= layers; layer++) {
    const after = (x: Tensor) => (layer === layers ? tape.softmaxRows(x) : x);
    const users = after(tape.spmm(graphs.users, all[layer - 1].items));
    all.push({ users, items: after(tape.spmm(graphs.items, users)) });
  }
  return bothSides((side) => {
    const [own, ...others] = all.map((layer) => layer[side]);
    return tape.scale(tape.total([own, ...others]), 1 / all.length);
  });
}
