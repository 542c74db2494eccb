import type { RandomStream } from '@agentmmrec/core';
import type { Ints, RandomLaw } from '@agentmmrec/kernels';
import { Operations } from './operations.js';
import type { SparsePattern } from './primitives/sparseValues.js';
import { type Shape, shapeError, showShape, type Tensor } from './tensor.js';

/** What is composed of primitives, so that its gradient needs no words of its own. Shapes are [rows, cols]. */
export abstract class ComposedOperations extends Operations {
  /** See `Tape.detach`. */
  abstract detach(x: Tensor): Tensor;
  /** See `Tape.reshape`. */
  abstract reshape(x: Tensor, rows: number, cols: number): Tensor;
  /** See `Tape.noise`. */
  abstract noise(law: RandomLaw, shape: Shape, stream: RandomStream): Tensor;
  /** See `Tape.filled`. */
  abstract filled(shape: Shape, value: number): Tensor;
  /** See `Tape.ints`. */
  abstract ints(source: Int32Array): Ints;

  /** a / b element by element. */
  divide(a: Tensor, b: Tensor): Tensor {
    return this.multiply(a, this.unary(b, 'reciprocal'));
  }

  /** x within [lowest, highest]; the gradient is 0 where it was cut. */
  clamp(x: Tensor, lowest: number, highest: number): Tensor {
    return this.unary(this.unary(x, 'atLeast', lowest), 'atMost', highest);
  }

  /** log sigmoid(x) = -softplus(-x), stable. */
  logSigmoid(x: Tensor): Tensor {
    return this.scale(this.unary(this.unary(x, 'negate'), 'softplus'), -1);
  }

  /** exp(x) by columns over their sum. */
  softmaxColumns(x: Tensor): Tensor {
    return this.transpose(this.softmaxRows(this.transpose(x)));
  }

  /** softmax((logits + Gumbel noise) / temperature) by rows (Jang et al. 2017, eq. 2). */
  gumbelSoftmax(logits: Tensor, temperature: number, stream: RandomStream): Tensor {
    const noisy = this.add(logits, this.noise('gumbel', logits.shape, stream));
    return this.softmaxRows(this.scale(noisy, 1 / temperature));
  }

  /** [n, d]: row i is the sum of its k neighbours' rows of x, the j-th weighed by weights[i, j]; gradients to weights and x. */
  weightedNeighbours(pattern: SparsePattern, weights: Tensor, x: Tensor): Tensor {
    return this.spmmValues(pattern, this.reshape(weights, weights.rows * weights.cols, 1), x);
  }

  /** [rows, 1]: sums of the values [nnz, 1] by rows of a pattern. */
  entrySums(pattern: SparsePattern, values: Tensor): Tensor {
    return this.spmmValues(pattern, values, this.filled([pattern.forward.cols, 1], 1));
  }

  /**
   * [nnz, 1]: value (i, j) times (r_i r_j)^-1/2 with r the sums of rows, those below `least` counted as `least`: D^-1/2 A D^-1/2
   * of a square pattern, differentiable (LATTICE, Zhang et al. 2021, eq. 4).
   */
  normalizeEntries(pattern: SparsePattern, values: Tensor, least = 1e-7): Tensor {
    const roots = this.unary(this.unary(this.entrySums(pattern, values), 'atLeast', least), 'power', -0.5);
    return this.multiply(values, this.entryDots(pattern, roots, roots));
  }

  /** x[n, d] minus the mean of its rows. */
  centreColumns(x: Tensor): Tensor {
    return this.addBias(x, this.scale(this.columnMeans(x), -1));
  }

  /** [1, d]: variance of the columns over the n rows: divided by n, or by n - 1 where `unbiased`. */
  columnVariances(x: Tensor, options: { unbiased?: boolean } = {}): Tensor {
    const variances = this.columnMeans(this.unary(this.centreColumns(x), 'square'));
    return options.unbiased ? this.scale(variances, x.rows / (x.rows - 1)) : variances;
  }

  /** [1, 1]: mean over rows of logSumExp(logits) - logits[target], logits [n, classes], targets [n] on the host. */
  crossEntropy(logits: Tensor, targets: Int32Array): Tensor {
    const { rows, cols } = logits;
    const isInside = targets.length === rows && targets.every((target) => target >= 0 && target < cols);
    if (!isInside) {
      throw shapeError(
        'crossEntropy',
        `${targets.length} targets for logits ${showShape(logits.shape)}`,
        'a class for each row',
      );
    }
    const ids = this.ints(targets.map((target, row) => row * cols + target));
    const picked = this.gatherRows(this.reshape(logits, rows * cols, 1), ids);
    return this.mean(this.add(this.logSumExpRows(logits), picked, 1, -1));
  }

  /** [1, 1]: sum over columns of |mean a - mean b| + |variance a - variance b|: how far two blocks' distributions are apart. */
  distributionDistance(a: Tensor, b: Tensor): Tensor {
    const means = this.add(this.columnMeans(a), this.columnMeans(b), 1, -1);
    const variances = this.add(this.columnVariances(a), this.columnVariances(b), 1, -1);
    return this.add(this.sum(this.unary(means, 'abs')), this.sum(this.unary(variances, 'abs')));
  }
}
