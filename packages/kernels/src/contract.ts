import type { DeviceCsr, Floats, Ints } from './device.js';

/**
 * The kernels every device offers. One contract for all of them:
 * - The caller allocates outputs; a kernel never returns memory it owns. Outputs come first.
 * - float32 values, int32 ids. Sizes are derived from or checked against the lengths of the arrays; a wrong shape, dtype,
 *   index, or a detached buffer is an AmrError (`kind: 'internal'`) before any pointer is used.
 * - Outputs may alias inputs only where said. No implicit broadcast. No hidden random numbers: samplers take key and counter.
 * - The same bits for any number of threads.
 * - NaN: passes through arithmetic; in top-k selections a NaN score counts as minus infinity.
 * Shapes are written [rows, cols], row-major.
 */
export interface Kernels {
  // -- sparse propagation ------------------------------------------------------------------------------------------
  /** out[rows, d] = alpha * A x + beta * out, with A [rows, cols] (null values = ones), x [cols, d]. Source: LightGCN eq. 3 (He et al. 2020). */
  spmm(call: { out: Floats; a: DeviceCsr; x: Floats; d: number; alpha?: number; beta?: number }): void;
  /** As `spmm`, but only for the listed rows: out[m, d], row j = alpha * A[rowIds[j], :] x + beta * out[j]. */
  spmmRows(call: {
    out: Floats;
    a: DeviceCsr;
    rowIds: Ints;
    x: Floats;
    d: number;
    alpha?: number;
    beta?: number;
  }): void;
  /**
   * out[n, d] = weight * sum over l = 0..layers of A^l e0, A [n, n]: the LightGCN readout without keeping each layer.
   * `scratch` holds 2 * n * d floats. For a symmetric A it is its own backward (pass the gradient as e0).
   * Source: LightGCN eq. 4 and 8; weight 1 / (layers + 1) is the mean, 1 the sum.
   */
  lightgcnReadout(call: {
    out: Floats;
    scratch: Floats;
    a: DeviceCsr;
    e0: Floats;
    d: number;
    layers: number;
    weight: number;
  }): void;
  /** out[n, d] = alpha * (mean of the k rows neighbours[i, :] of x[m, d]) + beta * out. neighbours [n, k]. Source: method eq. 17, 18. */
  neighbourMean(call: {
    out: Floats;
    neighbours: Ints;
    x: Floats;
    k: number;
    d: number;
    alpha?: number;
    beta?: number;
  }): void;
  /** out[nnz] = a[i] . b[j] for each entry (i, j) of the pattern + beta * out; a [rows, d], b [cols, d]: the values' gradient of spmm. */
  entryDots(call: { out: Floats; pattern: DeviceCsr; a: Floats; b: Floats; d: number; beta?: number }): void;

  // -- rows --------------------------------------------------------------------------------------------------------
  /** out[m, d] = x[ids[m], :]. */
  gatherRows(call: { out: Floats; x: Floats; ids: Ints; d: number }): void;
  /**
   * The transpose of gatherRows: out[segmentIds[s], :] += alpha * sum of rows[order[j], :] for j in segment s. Segments are
   * runs of equal ids in sorted order (see `Device.sortIds`); segmentOffsets [segments + 1]. Rows not named are untouched.
   */
  scatterRows(call: {
    out: Floats;
    rows: Floats;
    order: Ints;
    segmentOffsets: Ints;
    segmentIds: Ints;
    d: number;
    alpha?: number;
  }): void;
  /**
   * The runs of equal ids[n] (not negative): order[n] their positions, ids ascending, equal ids in their order; run s is
   * order[segmentOffsets[s]..segmentOffsets[s + 1]) and has the id segmentIds[s]; places[n] is the run of each position.
   * segmentOffsets has n + 1 and segmentIds n entries: runs beyond the distinct ids are empty and repeat the last id.
   */
  sortSegments(call: { order: Ints; places: Ints; segmentOffsets: Ints; segmentIds: Ints; ids: Ints }): void;
  /** Columns [at, at + d) of out[n, width] = x[n, d]: one block of a concatenation. */
  copyColumns(call: { out: Floats; x: Floats; width: number; at: number; d: number }): void;
  /** out[n, d] += columns [at, at + d) of x[n, width]: its backward. */
  addColumns(call: { out: Floats; x: Floats; width: number; at: number; d: number }): void;
  /** out[n] = dot product of rows a[n, d] and b[n, d]. */
  rowDot(call: { out: Floats; a: Floats; b: Floats; d: number }): void;
  /** out[n, d] = rows of x[n, d] times scale[n]; may alias x. */
  scaleRows(call: { out: Floats; x: Floats; scale: Floats; d: number }): void;
  /** out[n, d] = columns of x[n, d] times scale[d] + beta * out; may alias x. */
  scaleColumns(call: { out: Floats; x: Floats; scale: Floats; d: number; beta?: number }): void;
  /** out[d, n] = the transpose of x[n, d] + beta * out. */
  transpose(call: { out: Floats; x: Floats; d: number; beta?: number }): void;
  /** out[n, d] = x / max(|x|, 1e-12) by rows, norms[n] the lengths. */
  normalizeRows(call: { out: Floats; norms: Floats; x: Floats; d: number }): void;
  /** dx[n, d] += gradient of normalizeRows for upstream dOut, from its output `out` and `norms`. */
  normalizeRowsBackward(call: { dx: Floats; dOut: Floats; out: Floats; norms: Floats; d: number }): void;
  /**
   * logSumExp[n] = log of the sum of exp over the rows of x[n, d], out[n, d] = exp(x - logSumExp). A row of minus infinities has
   * logSumExp minus infinity and no softmax (NaN); one with plus infinity or NaN is NaN.
   */
  softmaxRows(call: { out: Floats; logSumExp: Floats; x: Floats; d: number }): void;
  /** dx[n, d] += gradient of softmaxRows for upstream dOut, from its output `out`. */
  softmaxRowsBackward(call: { dx: Floats; dOut: Floats; out: Floats; d: number }): void;

  // -- dense -------------------------------------------------------------------------------------------------------
  /** out[m, n] = alpha * op(a) op(b) + beta * out; op(a) [m, k], op(b) [k, n]; a transposed operand is stored [k, m] / [n, k]. */
  gemm(call: {
    out: Floats;
    a: Floats;
    b: Floats;
    m: number;
    n: number;
    k: number;
    transposeA?: boolean;
    transposeB?: boolean;
    alpha?: number;
    beta?: number;
  }): void;
  /** out[n, d] = x[n, d] + bias[d], by rows; may alias x. */
  addBias(call: { out: Floats; x: Floats; bias: Floats; d: number }): void;
  /** out[d] += sum of the rows of x[n, d]. */
  addRowSums(call: { out: Floats; x: Floats; d: number }): void;

  // -- element-wise, any length; out may alias any input -------------------------------------------------------------
  /** out = alpha * x + beta * out. */
  axpby(call: { out: Floats; x: Floats; alpha: number; beta: number }): void;
  /** out = a * b + beta * out. */
  multiply(call: { out: Floats; a: Floats; b: Floats; beta?: number }): void;
  /**
   * Products of hypercomplex numbers (the Cayley-Dickson construction) of `components` parts, 1 to 16, for each of d columns of n
   * rows: out, left, right [n, components * d], part c in columns [c d, (c + 1) d). From halves, conjugating:
   * (a, b)(c, e) = (a c - e* b, e a + b c*); else (a c - e b, a e + b c), which commutes. With part 'product' out = left right;
   * with 'dLeft' left holds the gradient of the product and out becomes that of the left factor, with 'dRight' right holds it
   * and out becomes that of the right factor. All + beta * out.
   */
  hypercomplex(call: {
    out: Floats;
    left: Floats;
    right: Floats;
    d: number;
    components: number;
    part: HypercomplexPart;
    conjugates: boolean;
    beta?: number;
  }): void;
  /** out = f(x). `parameter` is for the functions that take one (see `UnaryFunction`). */
  unary(call: { out: Floats; x: Floats; f: UnaryFunction; parameter?: number }): void;
  /** dx += dOut * f'(x), from input x and output `out`. */
  unaryBackward(call: { dx: Floats; dOut: Floats; x: Floats; out: Floats; f: UnaryFunction; parameter?: number }): void;
  /** out[1] = alpha * sum(x), in float64 inside. */
  sum(call: { out: Floats; x: Floats; alpha?: number }): void;
  /** out[1] = alpha * sum(a * b), in float64 inside; a and b may be the same. */
  dot(call: { out: Floats; a: Floats; b: Floats; alpha?: number }): void;

  // -- loss and optimizer --------------------------------------------------------------------------------------------
  /**
   * BPR (Rendle et al. 2009) on gathered rows user, positive, negative [batch, d]: loss[1] = mean softplus(-(s+ - s-)),
   * and, where given, the gradients dUser, dPositive, dNegative [batch, d] of upstream * loss (overwritten, not added).
   */
  bpr(call: {
    loss: Floats;
    dUser?: Floats;
    dPositive?: Floats;
    dNegative?: Floats;
    user: Floats;
    positive: Floats;
    negative: Floats;
    d: number;
    upstream?: number;
  }): void;
  /**
   * The fused BPR step on the rows of table[n, d]: nodes[3 * batch] name the rows of the users, then of the positives, then of
   * the negatives, and order, segmentOffsets, segmentIds are their runs (see `Device.sortIds`). loss[1] as in `bpr` plus
   * l2 / (2 * batch) * sum of the squared rows; dRows[segments, d] = its gradient for the rows segmentIds (what belongs to an
   * empty run keeps what it held). `slopes` [batch] is working memory.
   */
  bprStep(call: {
    loss: Floats;
    dRows: Floats;
    slopes: Floats;
    table: Floats;
    nodes: Ints;
    order: Ints;
    segmentOffsets: Ints;
    segmentIds: Ints;
    d: number;
    l2: number;
  }): void;
  /** One Adam step in place (Kingma and Ba 2015, algorithm 1): step counts from 1; decoupled weightDecay (AdamW) when given. */
  adam(call: {
    parameter: Floats;
    m: Floats;
    v: Floats;
    gradient: Floats;
    step: number;
    learningRate: number;
    beta1?: number;
    beta2?: number;
    epsilon?: number;
    weightDecay?: number;
  }): void;
  /**
   * Adam on a table most of whose rows have no gradient in a step: those wait, and are brought up to date when they are needed.
   * Each row named by `rowIds` (every row without it; ascending, a repeated id counts once) of parameter, m, v [n, d] takes the
   * steps stepsTaken[row] + 1 .. step, all without a gradient but for the last, which takes row j of `gradient` [rowIds.length, d]
   * for the row's place j where gradients are given. Then stepsTaken[row] = step, and the row has the bits that `adam` leaves
   * when it moves the whole table every step. A count outside [0, step) replays nothing.
   */
  adamRows(call: {
    parameter: Floats;
    m: Floats;
    v: Floats;
    stepsTaken: Ints;
    rowIds?: Ints;
    gradient?: Floats;
    d: number;
    step: number;
    learningRate: number;
    beta1?: number;
    beta2?: number;
    epsilon?: number;
    weightDecay?: number;
  }): void;
  /**
   * InfoNCE over all pairs, never holding [n, m]: loss[1] = mean_i (log sum_j exp(a_i . b_j / tau) - a_i . b_target(i) / tau),
   * a [n, d], b [m, d], targets [n]; logSumExp [n] is kept for the backward.
   */
  infonce(call: {
    loss: Floats;
    logSumExp: Floats;
    a: Floats;
    b: Floats;
    targets: Ints;
    d: number;
    temperature: number;
  }): void;
  /**
   * da[n, d], db[m, d] += upstream * gradient of infonce, recomputing the logits by blocks. With rowWeights [n] the loss of row i
   * counts rowWeights[i] instead of 1 / n.
   */
  infonceBackward(call: {
    da: Floats;
    db: Floats;
    a: Floats;
    b: Floats;
    targets: Ints;
    logSumExp: Floats;
    rowWeights?: Floats;
    d: number;
    temperature: number;
    upstream: number;
  }): void;

  // -- selection -----------------------------------------------------------------------------------------------------
  /**
   * Exact cosine neighbours: indices[n, k], scores[n, k] of the k most similar rows of keys[m, d] for each of queries[n, d],
   * best first, ties to the lower id; a zero vector has cosine 0 with everything. `excludeSelf`: row i may not name i
   * (queries and keys are then the same set). k > candidates is an error.
   */
  cosineTopK(call: {
    indices: Ints;
    scores: Floats;
    queries: Floats;
    keys: Floats;
    d: number;
    k: number;
    excludeSelf?: boolean;
  }): void;
  /**
   * Full ranking: indices[b, k], scores[b, k] of the best items for each user row of users[b, d] against items[n, d] by inner
   * product, leaving out maskIndices[maskOffsets[i]..maskOffsets[i + 1]) (ascending in a row), ties to the lower id. Where
   * fewer than k items remain the rest is index -1, score minus infinity.
   */
  rankTopK(call: {
    indices: Ints;
    scores: Floats;
    users: Floats;
    items: Floats;
    maskOffsets: Ints;
    maskIndices: Ints;
    d: number;
    k: number;
  }): void;

  // -- sampling ------------------------------------------------------------------------------------------------------
  /**
   * negatives[m]: for each userIds[j] an item in [0, items) outside the user's row of `train`, uniform. Draw t of position j
   * is Philox(key, counter = (first + j, t)) word 0, mapped by the high word of word * items (as RandomStream.integer); the
   * first t outside the row is taken. A user who has every item is an error.
   */
  sampleNegatives(call: {
    negatives: Ints;
    userIds: Ints;
    train: DeviceCsr;
    items: number;
    key0: number;
    key1: number;
    first: number;
  }): void;
  /**
   * out[n] drawn from a law by inversion. u of position i is word i % 4 of Philox(key, counter i / 4), its upper 23 bits and a half
   * over 2^23: uniform u (0 < u < 1), normal the quantile of u, gumbel -log(-log u).
   */
  randomValues(call: { out: Floats; law: RandomLaw; key0: number; key1: number }): void;
  /**
   * out = mask * x + beta * out: 0 where u (as in randomValues) is below `rate`, 1 / (1 - rate) elsewhere; may alias x. The mask is
   * a function of key and position, so the backward is the same call on the gradient.
   */
  dropout(call: { out: Floats; x: Floats; rate: number; key0: number; key1: number; beta?: number }): void;
}

export type RandomLaw = 'uniform' | 'normal' | 'gumbel';

export type HypercomplexPart = 'product' | 'dLeft' | 'dRight';

/**
 * With p the parameter: leakyRelu has slope p (default 0.01) below 0, softplus(x) = log(1 + e^x) is stable, power is x^p for x >= 0
 * (NaN below), shift x + p, atLeast max(x, p), atMost min(x, p); the others take none.
 */
export type UnaryFunction =
  | 'leakyRelu'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'softplus'
  | 'square'
  | 'abs'
  | 'negate'
  | 'sign'
  | 'reciprocal'
  | 'power'
  | 'shift'
  | 'atLeast'
  | 'atMost';
