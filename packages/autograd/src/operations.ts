import type { RandomStream } from '@agentmmrec/core';
import type { DeviceCsr, Ints, UnaryFunction } from '@agentmmrec/kernels';
import { gradientTable } from './gradientTable.js';
import type { Primitive } from './primitive.js';
import type { Entries } from './primitives/elementwise.js';
import type { PackedMatrix } from './primitives/packed.js';
import type { Place } from './primitives/rows.js';
import type { SparseMatrix } from './primitives/sparse.js';
import type { SparsePattern } from './primitives/sparseValues.js';
import type { Tensor } from './tensor.js';

/** The rows of the gradient table as methods. Shapes are [rows, cols]; nothing broadcasts. */
export abstract class Operations {
  /** Runs one row of the gradient table; a tape also records it. */
  abstract apply<A, S>(primitive: Primitive<A, S>, inputs: readonly Tensor[], attributes: A): Tensor;

  /** false: nothing is recorded and results need no gradient. That is ranking: what only training does (dropout) is left out. */
  abstract readonly recording: boolean;

  /** alpha * a + beta * b, equal shapes. */
  add(a: Tensor, b: Tensor, alpha = 1, beta = 1): Tensor {
    return this.apply(gradientTable.combine, [a, b], { alpha, beta });
  }

  /** Sum of one or more tensors of equal shape, left to right. */
  total(terms: readonly [Tensor, ...Tensor[]]): Tensor {
    return terms.reduce((sum, term) => this.add(sum, term));
  }

  /** alpha * x. */
  scale(x: Tensor, alpha: number): Tensor {
    return this.apply(gradientTable.scale, [x], { alpha });
  }

  /** a * b element by element. */
  multiply(a: Tensor, b: Tensor): Tensor {
    return this.apply(gradientTable.multiply, [a, b], undefined);
  }

  /** f(x) element by element; `parameter` is for the functions that take one (the slope of leakyRelu, the exponent of power). */
  unary(x: Tensor, f: UnaryFunction, parameter = 0.01): Tensor {
    return this.apply(gradientTable.unary, [x], { f, parameter });
  }

  /** As the dropout primitive; each call takes a stream of its own. A tape that does not record returns x. */
  dropout(x: Tensor, rate: number, stream: RandomStream): Tensor {
    return rate > 0 && this.recording ? this.apply(gradientTable.dropout, [x], { rate, key: stream.key }) : x;
  }

  /**
   * The product of x and y [n, components * d] by rows as hypercomplex numbers, part c in columns [c d, (c + 1) d).
   * `conjugates` is the Cayley-Dickson construction (complex numbers, quaternions, octonions, sedenions); false leaves the
   * conjugations out, which commutes: (a, b)(c, e) = (a c - e b, a e + b c).
   */
  hypercomplex(x: Tensor, y: Tensor, components: number, options: { conjugates: boolean }): Tensor {
    return this.apply(gradientTable.hypercomplex, [x, y], { components, ...options });
  }

  /** [1, 1]: sum of all elements times alpha. */
  sum(x: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.sum, [x], { alpha });
  }

  /** [1, 1]: mean of all elements. */
  mean(x: Tensor): Tensor {
    return this.sum(x, 1 / (x.rows * x.cols));
  }

  /** [1, 1]: alpha * sum of a * b. */
  dot(a: Tensor, b: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.dot, [a, b], { alpha });
  }

  /** [1, 1]: alpha * sum of squares. */
  squaredNorm(x: Tensor, alpha = 1): Tensor {
    return this.dot(x, x, alpha);
  }

  /** op(a) [m, k] times op(b) [k, n]. */
  gemm(a: Tensor, b: Tensor, transposes: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
    const { transposeA = false, transposeB = false } = transposes;
    return this.apply(gradientTable.gemm, [a, b], { transposeA, transposeB });
  }

  /** `linear` with a constant x in bfloat16 (see `packMatrix`); w [x.cols, d] is rounded to it, sums are float32. */
  packedLinear(x: PackedMatrix, w: Tensor, bias: Tensor, slope = 1): Tensor {
    return this.apply(gradientTable.packedLinear, [w, bias], { x, slope });
  }

  /** x[n, d] + bias[1, d] by rows; with a slope of 0 or above LeakyReLU of it. */
  addBias(x: Tensor, bias: Tensor, slope = 1): Tensor {
    return this.apply(gradientTable.addBias, [x, bias], { slope });
  }

  /** [d, d] = x transposed times x[n, d]. */
  gram(x: Tensor): Tensor {
    return this.apply(gradientTable.gram, [x], undefined);
  }

  /** What LeakyReLU passes back of dOut, from its input x or, with a slope not below 0, its result: slope * dOut where that is not above 0. */
  leakySlope(dOut: Tensor, x: Tensor, slope: number): Tensor {
    return this.apply(gradientTable.leakySlope, [dOut, x], { slope });
  }

  /** x but 0 at these places (row * x.cols + column), ascending and each once. */
  withoutEntries(x: Tensor, places: Entries): Tensor {
    return this.apply(gradientTable.withoutEntries, [x], { places });
  }

  /** (x - mean) / sqrt(variance + epsilon) by columns, statistics of these rows (Ioffe and Szegedy 2015, algorithm 1), times scale, plus bias [1, d]. */
  batchNorm(x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
    return this.apply(gradientTable.batchNorm, [x, scale, bias], { epsilon });
  }

  /** x[n, in] weight[in, out] + bias[1, out]; with a slope of 0 or above LeakyReLU of it. */
  linear(x: Tensor, weight: Tensor, bias: Tensor, slope = 1): Tensor {
    return this.apply(gradientTable.linear, [x, weight, bias], { slope });
  }

  /** [1, d]: mean of the rows. */
  columnMeans(x: Tensor): Tensor {
    return this.apply(gradientTable.columnMeans, [x], undefined);
  }

  /** x[from + ids, :]; ids stay unchanged until the step ends. */
  gatherRows(x: Tensor, ids: Ints, from = 0): Tensor {
    return this.apply(gradientTable.gatherRows, [x], { ids, from });
  }

  /** A [rows, cols] matrix of blocks that cover it. */
  assemble(shape: readonly [rows: number, cols: number], blocks: readonly (Place & { block: Tensor })[]): Tensor {
    const inputs = blocks.map(({ block }) => block);
    return this.apply(gradientTable.assemble, inputs, { rows: shape[0], cols: shape[1], places: blocks });
  }

  /** Side by side: [n, sum of widths]. */
  concatenate(blocks: readonly [Tensor, ...Tensor[]]): Tensor {
    let col = 0;
    const places = blocks.map((block) => {
      const place = { block, row: 0, col };
      col += block.cols;
      return place;
    });
    return this.assemble([blocks[0].rows, col], places);
  }

  /** Columns [at, at + d) of x. */
  columns(x: Tensor, at: number, d: number): Tensor {
    return this.apply(gradientTable.columns, [x], { at, d });
  }

  /** Rows divided by their length. */
  normalizeRows(x: Tensor): Tensor {
    return this.apply(gradientTable.normalizeRows, [x], undefined);
  }

  /** exp(x) by rows over their sum. */
  softmaxRows(x: Tensor): Tensor {
    return this.apply(gradientTable.softmaxRows, [x], undefined);
  }

  /** [n, 1]: log of the sum of exp(x) over the rows. */
  logSumExpRows(x: Tensor): Tensor {
    return this.apply(gradientTable.logSumExpRows, [x], undefined);
  }

  /** [n, 1]: dot products of rows. */
  rowDot(a: Tensor, b: Tensor): Tensor {
    return this.apply(gradientTable.rowDot, [a, b], undefined);
  }

  /** Row i of x[n, d] times scale[n, 1]. */
  scaleRows(x: Tensor, scale: Tensor): Tensor {
    return this.apply(gradientTable.scaleRows, [x, scale], undefined);
  }

  /** Column c of x[n, d] times scale[1, d]. */
  scaleColumns(x: Tensor, scale: Tensor): Tensor {
    return this.apply(gradientTable.scaleColumns, [x, scale], undefined);
  }

  /** [d, n] from x[n, d]. */
  transpose(x: Tensor): Tensor {
    return this.apply(gradientTable.transpose, [x], undefined);
  }

  /** A(values) x for values [nnz, 1] of a pattern [rows, cols] and x [cols, d]: gradients to both. */
  spmmValues(pattern: SparsePattern, values: Tensor, x: Tensor): Tensor {
    return this.apply(gradientTable.spmmValues, [values, x], { pattern });
  }

  /** [nnz, 1]: a_i . b_j at the entries (i, j) of a pattern. */
  entryDots(pattern: SparsePattern, a: Tensor, b: Tensor): Tensor {
    return this.apply(gradientTable.entryDots, [a, b], { pattern });
  }

  /** alpha * A x. */
  spmm(a: SparseMatrix, x: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.spmm, [x], { a, alpha });
  }

  /** alpha * A[rowIds, :] x. */
  spmmRows(a: SparseMatrix, rowIds: Ints, x: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.spmmRows, [x], { a, rowIds, alpha });
  }

  /**
   * base + alpha * mean of the k rows of x named by each row of neighbours [n, k].
   * @param lists.transposed [x.rows, n] ones: the lists' transpose, for whole graphs; null for a selection of rows
   */
  neighbourMean(
    x: Tensor,
    lists: { neighbours: Ints; k: number; transposed: DeviceCsr | null },
    options: { base?: Tensor; alpha?: number } = {},
  ): Tensor {
    const inputs = options.base ? [x, options.base] : [x];
    return this.apply(gradientTable.neighbourMean, inputs, { ...lists, alpha: options.alpha ?? 1 });
  }

  /** weight * sum over l = 0..layers of A^l x. */
  lightgcnReadout(a: SparseMatrix, x: Tensor, layers: number, weight: number): Tensor {
    return this.apply(gradientTable.lightgcnReadout, [x], { a, layers, weight });
  }

  /** [1, 1]: BPR loss of rows user, positive, negative [batch, d]. */
  bpr(user: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return this.apply(gradientTable.bpr, [user, positive, negative], undefined);
  }

  /** [1, 1]: InfoNCE of a[n, d] against all rows of b[m, d], targets [n] (null: the row of the same number); see `Tape.distinct` for `count` [1]. */
  infonce(a: Tensor, b: Tensor, targets: Ints | null, temperature: number, count: Ints | null = null): Tensor {
    return this.apply(gradientTable.infonce, [a, b], { targets, temperature, count });
  }

  /** [n, 1]: the losses of the rows of `infonce`. */
  infonceRows(a: Tensor, b: Tensor, targets: Ints | null, temperature: number): Tensor {
    return this.apply(gradientTable.infonceRows, [a, b], { targets, temperature });
  }
}
