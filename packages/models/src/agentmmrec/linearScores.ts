import { constant, type Tensor } from '@agentmmrec/autograd';
import { type Matrix, matrix, type RandomStream } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';

/** Rounds of subspace iteration: further ones moved no metric (docs/method.md#recommender-1). */
const rounds = 4;

/** What is known of the items beside interactions, [items, width], and how much it counts beside them. */
export interface LinearContent {
  readonly rows: Matrix;
  readonly weight: number;
}

/**
 * EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data", eq. 8) as inner products of few columns. With
 * P = (Y'Y + lambda I)^-1 its score of an item that a user does not have is [X (I - lambda P)]_ui / (lambda P_ii), that is ridge
 * regression of Y on itself, H = I - lambda P, over 1 - H_ii. Y is X, and with content below it weight * C' for C [items, width]:
 * each property is one more user, who has the items that have it (Jeunen et al. 2020, "Closed-form models for collaborative filtering
 * with side-information", eq. 8). Here H is taken in the span of an orthonormal Q [items, rank] of the leading right singular vectors of Y:
 *
 *     H = Q (I - lambda (Q'Y'YQ + lambda I)^-1) Q'       users X Q (I - lambda (...)^-1)       items Q_i / (1 - H_ii)
 *
 * At full rank these are EASE's own scores, without its [items, items] weights. Float64 on the host; products with C in float32.
 * @returns users [users, rank] and items [items, rank], both constant
 */
export function linearScores(
  {
    device,
    data,
    random,
  }: Pick<PartContext, 'device' | 'random'> & { readonly data: Pick<PartContext['data'], 'train'> },
  options: { readonly rank: number; readonly regularisation: number; readonly content?: LinearContent | null },
): Represented<Tensor> {
  const { rank, regularisation, content = null } = options;
  const { users, items } = data.train;
  const columns = Math.min(rank, users + (content?.rows.cols ?? 0), items);
  const known = stackedWith(data.train, content && onDevice(device, content));
  const basis = leadingDirections(known, items, columns, random.stream('directions of the linear scores'));
  const projected = known.times(basis); // Y Q
  const shrinkage = shrinkageOf(projected, regularisation);
  const ofUsers = timesMatrix(
    projected.map((column) => column.subarray(0, users)), // X Q
    shrinkage,
    users,
  );
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
}

/** Features and knowledge of the items side by side, [items, width]: unit rows less their mean. Null where there is neither. */
export function contentRows(parts: readonly Matrix[]): Matrix | null {
  if (parts.length === 0) return null;
  const items = parts[0].rows;
  const width = parts.reduce((sum, { cols }) => sum + cols, 0);
  const out = matrix(items, width);
  let from = 0;
  for (const { cols, data } of parts) {
    for (let item = 0; item < items; item++) {
      let squares = 0;
      for (let c = 0; c < cols; c++) squares += data[item * cols + c] ** 2;
      const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
      for (let c = 0; c < cols; c++) out.data[item * width + from + c] = data[item * cols + c] * scale;
    }
    from += cols;
  }
  for (let c = 0; c < width; c++) {
    let mean = 0;
    for (let item = 0; item < items; item++) mean += out.data[item * width + c] / items;
    for (let item = 0; item < items; item++) out.data[item * width + c] -= mean;
  }
  return out;
}

/** A tall matrix by its columns. */
type Columns = readonly Float64Array[];

/** Y = [X; weight C'] as what it does to columns: `times` [items] to [users + width], `back` the other way. */
interface Stacked {
  times(columns: Columns): Columns;
  back(columns: Columns): Columns;
}

/** Products with weight C' [width, items]. */
interface ContentProducts {
  readonly width: number;
  times(columns: Columns): Columns;
  back(columns: Columns): Columns;
}

function stackedWith(interactions: Interactions, content: ContentProducts | null): Stacked {
  if (content === null) {
    return {
      times: (columns) => timesInteractions(interactions, columns),
      back: (columns) => transposedTimes(interactions, columns),
    };
  }
  const { users } = interactions;
  return {
    times: (columns) => {
      const below = content.times(columns);
      return timesInteractions(interactions, columns).map((above, c) => {
        const column = new Float64Array(users + content.width);
        column.set(above);
        column.set(below[c], users);
        return column;
      });
    },
    back: (columns) => {
      const others = content.back(columns.map((column) => column.subarray(users)));
      return transposedTimes(interactions, columns).map((own, c) => own.map((value, item) => value + others[c][item]));
    },
  };
}

function onDevice(
  device: Device,
  { rows: { rows: items, cols: width, data }, weight }: LinearContent,
): ContentProducts {
  const product = (columns: Columns, from: number, to: number, transposeB: boolean): Columns =>
    device.reclaimOnFailure(() => {
      const values = new Float32Array(columns.length * from);
      columns.forEach((column, c) => {
        values.set(column, c * from);
      });
      const [a, b, out] = [device.upload(values), device.upload(data), device.floats(columns.length * to, 'any')];
      device.kernels.gemm({ out, a, b, m: columns.length, n: to, k: from, transposeB, alpha: weight });
      const found = device.read(out);
      const products = columns.map((_, c) => Float64Array.from(found.subarray(c * to, (c + 1) * to)));
      for (const memory of [a, b, out]) device.release(memory);
      return products;
    });
  return {
    width,
    times: (columns) => product(columns, items, width, false),
    back: (columns) => product(columns, width, items, true),
  };
}

/** An orthonormal basis of the leading right singular vectors of Y by subspace iteration; columns beyond its rank are 0. */
function leadingDirections(known: Stacked, items: number, columns: number, stream: RandomStream): Columns {
  let basis: Columns = Array.from({ length: columns }, () =>
    Float64Array.from({ length: items }, () => stream.normal()),
  );
  for (let round = 0; round < rounds; round++) basis = orthonormal(known.back(known.times(basis)));
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
