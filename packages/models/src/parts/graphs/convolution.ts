import { releaseSparse, type SparseMatrix, type Tape, type Tensor, uploadSparse } from '@agentmmrec/autograd';
import type { NeighbourLists } from '@agentmmrec/core';
import { AmrError } from '@agentmmrec/core';
import { checkNeighbours, type Orientation, orientNeighbours } from '@agentmmrec/graphs';
import type { Device, Ints } from '@agentmmrec/kernels';

/** One weighted neighbour graph over the users or the items (eq. 17, 18 of the AgentMMRec paper). */
export interface Convolution {
  /** base[m, d] + weight * the convolution of e[entities, d] at `ids` [m]: only the rows that a batch needs */
  addRows(tape: Tape, e: Tensor, ids: Ints, base: Tensor): Tensor;
  /** base[entities, d] + weight * the convolution of e[entities, d] */
  addWhole(tape: Tape, e: Tensor, base: Tensor): Tensor;
  /** Puts other lists of the same shape in the place of those it was made with. */
  replace(lists: NeighbourLists): void;
}

/** Which entities a graph is over. */
export interface Entities {
  readonly name: string;
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
    ? ownLists(device, lists, weight)
    : orientedLists(device, lists, { weight, orientation });
}

/** The convolution of a matrix that stays as it is. */
export function sparseConvolution(a: SparseMatrix, weight: number): Convolution {
  return {
    addRows: (tape, e, ids, base) => tape.add(base, tape.spmmRows(a, ids, e, weight)),
    addWhole: (tape, e, base) => tape.add(base, tape.spmm(a, e, weight)),
    replace: () => {
      throw new Error('this graph is no list of neighbours');
    },
  };
}

/** Every row takes the mean of its own list: index lists only, no weights. */
function ownLists(device: Device, lists: NeighbourLists, weight: number): Convolution {
  const { k } = lists;
  const neighbours = device.upload(lists.indices.slice()); // [entities * k]; replaced in place, so not the caller's
  return {
    addRows: (tape, e, ids, base) => {
      const selected = tape.gatherIds(neighbours, ids, k);
      return tape.neighbourMean(e, { neighbours: selected, k, transposed: null }, { base, alpha: weight });
    },
    addWhole: (tape, e, base) => tape.neighbourMean(e, { neighbours, k, transposed: null }, { base, alpha: weight }),
    replace: (others) => device.write(neighbours, others.indices),
  };
}

function orientedLists(
  device: Device,
  lists: NeighbourLists,
  { weight, orientation }: { readonly weight: number; readonly orientation: Orientation },
): Convolution {
  const upload = (of: NeighbourLists) =>
    uploadSparse(device, orientNeighbours(of, orientation), { symmetric: orientation === 'symmetric' });
  let a = upload(lists);
  return {
    addRows: (tape, e, ids, base) => tape.add(base, tape.spmmRows(a, ids, e, weight)),
    addWhole: (tape, e, base) => tape.add(base, tape.spmm(a, e, weight)),
    replace: (others) => {
      releaseSparse(device, a);
      a = upload(others);
    },
  };
}

/** Rows `ids` of e with their convolutions added (eq. 17, 18): [batch, d]. */
export function convolvedRows(tape: Tape, e: Tensor, ids: Ints, graphs: readonly Convolution[]): Tensor {
  return graphs.reduce((rows, graph) => graph.addRows(tape, e, ids, rows), tape.gatherRows(e, ids));
}

/** All rows of e with their convolutions added. */
export function convolved(tape: Tape, e: Tensor, graphs: readonly Convolution[]): Tensor {
  return graphs.reduce((rows, graph) => graph.addWhole(tape, e, rows), e);
}
