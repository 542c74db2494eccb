import { AmrError, type Csr, type NeighbourLists, neighboursToCsr, transpose } from '@agentmmrec/core';

/**
 * Which edges a row of a neighbour graph aggregates: `own` its own list, as the field's code does; `transpose` the rows that
 * chose it (the letter of eq. 17 and 18); `symmetric` either.
 */
export type Orientation = 'own' | 'transpose' | 'symmetric';

/**
 * The convolution matrix [n, n] of neighbour lists over n nodes. `own` and `transpose`: D^-1/2 S D^-1/2 with the row degree k
 * on both sides, so every weight is 1/k. `symmetric`: S or its transpose, ones, with its own degrees: 1 / sqrt(deg i deg j).
 * @throws AmrError internal when a list names a node outside [0, n)
 */
export function orientNeighbours(lists: NeighbourLists, orientation: Orientation): Csr {
  checkNeighbours(lists, lists.rows);
  const own = neighboursToCsr(lists, lists.rows);
  if (orientation === 'symmetric') return symmetricUnion(own);
  const a = orientation === 'own' ? own : transpose(own);
  return { ...a, values: new Float32Array(a.indices.length).fill(1 / lists.k) };
}

/** Requires exactly k ids in [0, nodes) per row. */
export function checkNeighbours(lists: NeighbourLists, nodes: number): void {
  const bad = lists.indices.findIndex((id) => id < 0 || id >= nodes);
  if (lists.indices.length === lists.rows * lists.k && bad < 0) return;
  throw new AmrError({
    what: `neighbour lists of ${lists.rows} rows`,
    got: bad < 0 ? `${lists.indices.length} ids` : `id ${lists.indices[bad]} in row ${Math.floor(bad / lists.k)}`,
    expected: bad < 0 ? `${lists.rows * lists.k}, k = ${lists.k} a row` : `ids from 0 to ${nodes - 1}`,
    hint: 'the lists were made for other nodes: build them again',
    kind: 'internal',
  });
}

/** Rows of `a` merged with rows of its transpose, each edge once, normalised by the square roots of the merged degrees. */
function symmetricUnion(a: Csr): Csr {
  const back = transpose(a);
  const offsets = new Int32Array(a.rows + 1);
  const merged: number[] = [];
  for (let row = 0; row < a.rows; row++) {
    let i = a.offsets[row];
    let j = back.offsets[row];
    while (i < a.offsets[row + 1] || j < back.offsets[row + 1]) {
      const left = i < a.offsets[row + 1] ? a.indices[i] : Number.POSITIVE_INFINITY;
      const right = j < back.offsets[row + 1] ? back.indices[j] : Number.POSITIVE_INFINITY;
      if (left <= right) i++;
      if (right <= left) j++;
      merged.push(Math.min(left, right));
    }
    offsets[row + 1] = merged.length;
  }
  const indices = Int32Array.from(merged);
  const degree = (node: number): number => offsets[node + 1] - offsets[node];
  const values = new Float32Array(indices.length);
  for (let row = 0; row < a.rows; row++) {
    for (let e = offsets[row]; e < offsets[row + 1]; e++) values[e] = 1 / Math.sqrt(degree(row) * degree(indices[e]));
  }
  return { rows: a.rows, cols: a.cols, offsets, indices, values };
}
