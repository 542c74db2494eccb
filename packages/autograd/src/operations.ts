import type { DeviceCsr, Ints, UnaryFunction } from '@agentmmrec/kernels';
import { gradientTable } from './gradientTable.js';
import type { Primitive } from './primitive.js';
import type { Place } from './primitives/rows.js';
import type { SparseMatrix } from './primitives/sparse.js';
import type { Tensor } from './tensor.js';

/** The rows of the gradient table as methods, and what is composed of them. Shapes are [rows, cols]; nothing broadcasts. */
export abstract class Operations {
  /** Runs one row of the gradient table; a tape also records it. */
  abstract apply<A, S>(primitive: Primitive<A, S>, inputs: readonly Tensor[], attributes: A): Tensor;

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

  /** f(x) element by element; `slope` is for leakyRelu. */
  unary(x: Tensor, f: UnaryFunction, slope = 0.01): Tensor {
    return this.apply(gradientTable.unary, [x], { f, slope });
  }

  /** Sum of all elements times alpha; [1, 1]. */
  sum(x: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.sum, [x], { alpha });
  }

  /** Mean of all elements; [1, 1]. */
  mean(x: Tensor): Tensor {
    return this.sum(x, 1 / (x.rows * x.cols));
  }

  /** alpha * sum of a * b; [1, 1]. */
  dot(a: Tensor, b: Tensor, alpha = 1): Tensor {
    return this.apply(gradientTable.dot, [a, b], { alpha });
  }

  /** alpha * sum of squares; [1, 1]. */
  squaredNorm(x: Tensor, alpha = 1): Tensor {
    return this.dot(x, x, alpha);
  }

  /** op(a) [m, k] times op(b) [k, n]. */
  gemm(a: Tensor, b: Tensor, transposes: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
    const { transposeA = false, transposeB = false } = transposes;
    return this.apply(gradientTable.gemm, [a, b], { transposeA, transposeB });
  }

  /** x[n, d] + bias[1, d] by rows. */
  addBias(x: Tensor, bias: Tensor): Tensor {
    return this.apply(gradientTable.addBias, [x, bias], undefined);
  }

  /** x[n, in] weight[in, out] + bias[1, out]. */
  linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
    return this.apply(gradientTable.linear, [x, weight, bias], undefined);
  }

  /** Mean of the rows; [1, d]. */
  columnMeans(x: Tensor): Tensor {
    return this.apply(gradientTable.columnMeans, [x], undefined);
  }

  /** Variance of the columns over the rows (divided by n); [1, d]. */
  columnVariances(x: Tensor): Tensor {
    const means = this.columnMeans(x);
    return this.add(this.columnMeans(this.unary(x, 'square')), this.unary(means, 'square'), 1, -1);
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

  /** Log of the sum of exp(x) over the rows; [n, 1]. */
  logSumExpRows(x: Tensor): Tensor {
    return this.apply(gradientTable.logSumExpRows, [x], undefined);
  }

  /** Dot products of rows; [n, 1]. */
  rowDot(a: Tensor, b: Tensor): Tensor {
    return this.apply(gradientTable.rowDot, [a, b], undefined);
  }

  /** Row i of x[n, d] times scale[n, 1]. */
  scaleRows(x: Tensor, scale: Tensor): Tensor {
    return this.apply(gradientTable.scaleRows, [x, scale], undefined);
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

  /** BPR loss of rows user, positive, negative [batch, d]; [1, 1]. */
  bpr(user: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return this.apply(gradientTable.bpr, [user, positive, negative], undefined);
  }

  /** InfoNCE of a[n, d] against all rows of b[m, d], targets [n]; [1, 1]. */
  infonce(a: Tensor, b: Tensor, targets: Ints, temperature: number): Tensor {
    return this.apply(gradientTable.infonce, [a, b], { targets, temperature });
  }

  /** Sum over columns of |mean a - mean b| + |variance a - variance b|: how far two blocks' distributions are apart; [1, 1]. */
  distributionDistance(a: Tensor, b: Tensor): Tensor {
    const means = this.add(this.columnMeans(a), this.columnMeans(b), 1, -1);
    const variances = this.add(this.columnVariances(a), this.columnVariances(b), 1, -1);
    return this.add(this.sum(this.unary(means, 'abs')), this.sum(this.unary(variances, 'abs')));
  }
}
