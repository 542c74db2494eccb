import { constant, type Tensor } from '@agentmmrec/autograd';
import { matrix, type RandomStream } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import type { Edges } from '../contract/trainingEdges.js';

/** Rounds of subspace iteration: by then the directions that matter do not turn any more. */
const rounds = 6;

/**
 * EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data", eq. 8) as inner products of few columns. With
 * P = (X'X + lambda I)^-1 its score of an item that a user does not have is [X (I - lambda P)]_ui / (lambda P_ii), that is ridge
 * regression of X on itself, H = I - lambda P, over 1 - H_ii. Here H is taken in the span of an orthonormal Q [items, rank] of the
 * leading right singular vectors of X:
 *
 *     H = Q (I - lambda (Q'X'XQ + lambda I)^-1) Q'       users X Q (I - lambda (...)^-1)       items Q_i / (1 - H_ii)
 *
 * At full rank these are EASE's own scores, without its [items, items] weights. Float64 on the host.
 * @returns users [users, rank] and items [items, rank], both constant, over the edges asked for
 */
export function linearScores(
  { device, edges, random }: Pick<PartContext, 'device' | 'edges' | 'random'>,
  { rank, regularisation }: { readonly rank: number; readonly regularisation: number },
): (edges: Edges) => Represented<Tensor> {
  return edges.derive((interactions) => {
    const { users, items } = interactions;
    const columns = Math.min(rank, users, items);
    const basis = leadingDirections(interactions, columns, random.stream('directions of the linear scores'));
    const projected = timesInteractions(interactions, basis); // X Q
    const shrinkage = shrinkageOf(projected, regularisation);
    const ofUsers = timesMatrix(projected, shrinkage, users);
    const shrunk = timesMatrix(basis, shrinkage, items); // rows q_i (I - lambda (...)^-1)
    const rows = matrix(items, columns);
    for (let item = 0; item < items; item++) {
      let fitted = 0; // H_ii
      for (let c = 0; c < columns; c++) fitted += shrunk[c][item] * basis[c][item];
      for (let c = 0; c < columns; c++) rows.data[item * columns + c] = basis[c][item] / (1 - fitted);
    }
    return {
      users: constant(device, rowMajor(ofUsers, users), 'linear scores, users'),
      items: constant(device, rows, 'linear scores, items'),
    };
  });
}

/** A tall matrix by its columns. */
type Columns = readonly Float64Array[];

/** An orthonormal basis of the leading right singular vectors of X [users, items] by subspace iteration; columns beyond its rank are 0. */
function leadingDirections(interactions: Interactions, columns: number, stream: RandomStream): Columns {
  let basis: Columns = Array.from({ length: columns }, () =>
    Float64Array.from({ length: interactions.items }, () => stream.normal()),
  );
  for (let round = 0; round < rounds; round++) {
    basis = orthonormal(transposedTimes(interactions, timesInteractions(interactions, basis)));
  }
  return basis;
}

/** X times each column. */
function timesInteractions({ users, offsets, itemIds }: Interactions, columns: Columns): Columns {
  return columns.map((column) => {
    const product = new Float64Array(users);
    for (let user = 0; user < users; user++) {
      for (let e = offsets[user]; e < offsets[user + 1]; e++) product[user] += column[itemIds[e]];
    }
    return product;
  });
}

/** X' times each column. */
function transposedTimes({ users, items, offsets, itemIds }: Interactions, columns: Columns): Columns {
  return columns.map((column) => {
    const product = new Float64Array(items);
    for (let user = 0; user < users; user++) {
      for (let e = offsets[user]; e < offsets[user + 1]; e++) product[itemIds[e]] += column[user];
    }
    return product;
  });
}

/** Gram-Schmidt, twice over each column against rounding; what depends on the columns before becomes 0. */
function orthonormal(columns: Columns): Columns {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const left = column.slice();
    const before = Math.sqrt(dot(left, left));
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) subtract(left, direction, dot(left, direction));
    }
    const length = Math.sqrt(dot(left, left));
    const scale = length > 1e-9 * before ? 1 / length : 0;
    basis.push(left.map((value) => value * scale));
  }
  return basis;
}

/** I - lambda (Y'Y + lambda I)^-1 for Y = X Q, [rank, rank], symmetric, by rows. */
function shrinkageOf(projected: Columns, lambda: number): Columns {
  const size = projected.length;
  const gram = projected.map((a) => Float64Array.from(projected, (b) => dot(a, b)));
  for (let c = 0; c < size; c++) gram[c][c] += lambda;
  const lower = cholesky(gram);
  return gram.map((_, c) => {
    const column = new Float64Array(size);
    column[c] = -lambda;
    solve(lower, column);
    column[c] += 1;
    return column;
  });
}

/** L with L L' = a, for a symmetric positive definite a; only its lower half is read. */
function cholesky(a: Columns): Columns {
  const lower = a.map((row) => new Float64Array(row.length));
  for (let r = 0; r < a.length; r++) {
    for (let c = 0; c <= r; c++) {
      let rest = a[r][c];
      for (let n = 0; n < c; n++) rest -= lower[r][n] * lower[c][n];
      lower[r][c] = r === c ? Math.sqrt(rest) : rest / lower[c][c];
    }
  }
  return lower;
}

/** x = (L L')^-1 x in place. */
function solve(lower: Columns, x: Float64Array): void {
  const size = x.length;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < r; c++) x[r] -= lower[r][c] * x[c];
    x[r] /= lower[r][r];
  }
  for (let r = size - 1; r >= 0; r--) {
    for (let c = r + 1; c < size; c++) x[r] -= lower[c][r] * x[c];
    x[r] /= lower[r][r];
  }
}

/** Columns [rows, n] times a square matrix by its columns. */
function timesMatrix(columns: Columns, by: Columns, rows: number): Columns {
  return by.map((weights) => {
    const product = new Float64Array(rows);
    columns.forEach((column, c) => {
      subtract(product, column, -weights[c]);
    });
    return product;
  });
}

function rowMajor(columns: Columns, rows: number) {
  const out = matrix(rows, columns.length);
  columns.forEach((column, c) => {
    for (let row = 0; row < rows; row++) out.data[row * columns.length + c] = column[row];
  });
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}

/** x -= factor * y. */
function subtract(x: Float64Array, y: Float64Array, factor: number): void {
  for (let n = 0; n < x.length; n++) x[n] -= factor * y[n];
}
