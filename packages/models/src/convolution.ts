import { releaseSparse, type Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import type { NeighbourLists } from '@agentmmrec/core';
import { AmrError } from '@agentmmrec/core';
import { checkNeighbours, type Orientation, orientNeighbours } from '@agentmmrec/graphs';
import type { Device, Floats, Ints } from '@agentmmrec/kernels';

/** One weighted neighbour graph over the users or the items of a node table (eq. 17, 18). */
export interface Convolution {
  /** base[m, d] + weight * the convolution of e[nodes, d] at entities `ids` [m]: only the rows that a batch needs */
  addRows(tape: Tape, e: Tensor, ids: Ints, base: Tensor): Tensor;
  /** out[entities, d] += weight * the convolution of e[nodes, d] */
  addAll(out: Floats, e: Floats, d: number): void;
  /** Puts other lists of the same shape in the place of those it was made with. */
  replace(lists: NeighbourLists): void;
  release(): void;
}

/** Which entities a graph is over: they are the nodes [firstNode, firstNode + count) of the table. */
export interface Entities {
  readonly name: string;
  readonly firstNode: number;
  readonly count: number;
}

/**
 * The convolution of neighbour lists.
 * @throws AmrError internal when the lists are not of these entities
 */
export function convolution(
  device: Device,
  lists: NeighbourLists,
  entities: Entities,
  options: { orientation: Orientation; weight: number },
): Convolution {
  if (lists.rows !== entities.count) {
    throw new AmrError({
      what: `neighbour graph of ${entities.name}`,
      got: `${lists.rows} rows`,
      expected: `${entities.count}`,
      hint: 'the graph was made for another data set: build it again',
      kind: 'internal',
    });
  }
  checkNeighbours(lists, lists.rows);
  const { orientation, weight } = options;
  return orientation === 'own'
    ? ownLists(device, lists, entities, weight)
    : orientedLists(device, lists, entities, weight, orientation);
}

/** Every row takes the mean of its own list: index lists only, no weights. */
function ownLists(device: Device, lists: NeighbourLists, entities: Entities, weight: number): Convolution {
  const { k } = lists;
  const rowsOf = ({ indices }: NeighbourLists) => indices.map((entity) => entity + entities.firstNode);
  const neighbours = device.upload(rowsOf(lists)); // [entities * k], as rows of the table
  return {
    addRows: (tape, e, ids, base) => {
      const selected = tape.gatherIds(neighbours, ids, k);
      return tape.neighbourMean(e, { neighbours: selected, k, transposed: null }, { base, alpha: weight });
    },
    addAll: (out, e, d) => device.kernels.neighbourMean({ out, neighbours, x: e, k, d, alpha: weight, beta: 1 }),
    replace: (others) => device.write(neighbours, rowsOf(others)),
    release: () => device.release(neighbours),
  };
}

function orientedLists(
  device: Device,
  lists: NeighbourLists,
  { firstNode, count }: Entities,
  weight: number,
  orientation: Orientation,
): Convolution {
  const upload = (of: NeighbourLists) =>
    uploadSparse(device, orientNeighbours(of, orientation), { symmetric: orientation === 'symmetric' });
  let a = upload(lists);
  return {
    addRows: (tape, e, ids, base) => tape.add(base, tape.spmmRows(a, ids, tape.rows(e, firstNode, count), weight)),
    addAll: (out, e, d) => {
      const x = e.subarray(firstNode * d, (firstNode + count) * d);
      device.kernels.spmm({ out, a: a.forward, x, d, alpha: weight, beta: 1 });
    },
    replace: (others) => {
      releaseSparse(device, a);
      a = upload(others);
    },
    release: () => releaseSparse(device, a),
  };
}
