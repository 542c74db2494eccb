import type { Floats, Ints } from './arrays.js';
import { idValues, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers, StepInputs } from './kernel.js';
import { dotOfRows } from './rowDot.js';

/**
 * InfoNCE over all pairs, never holding [n, m]: loss[1] = mean_i (log sum_j exp(a_i . b_j / tau) - a_i . b_target(i) / tau),
 * a [n, d], b [m, d], targets [n] (absent: each row's own number); logSumExp [n] is kept for the backward. With `count` [1] only that
 * many of the first rows of a and of b are there: how many ids of a batch are distinct, which a card alone knows.
 */
export interface Infonce {
  loss: Floats;
  logSumExp: Floats;
  a: Floats;
  b: Floats;
  targets?: Ints;
  count?: Ints;
  d: number;
  temperature: number;
}

/**
 * da[n, d], db[m, d] += upstream * gradient of infonce, recomputing the logits by blocks. With rowWeights [n] the loss of row i
 * counts rowWeights[i] instead of 1 / n.
 */
export interface InfonceBackward {
  da: Floats;
  db: Floats;
  a: Floats;
  b: Floats;
  targets?: Ints;
  count?: Ints;
  logSumExp: Floats;
  rowWeights?: Floats;
  d: number;
  temperature: number;
  upstream: number;
}

/** Logits of row i: a_i . b_j / tau for every j. */
function logitsOfRow(a: Numbers, i: number, b: Numbers, d: number, temperature: number): Float64Array {
  return Float64Array.from({ length: b.length / d }, (_, j) => dotOfRows(a, i, b, j, d) / temperature);
}

/** Rows of a and of b that are there. */
function rowsThere({ a, b, count, d }: { a: Numbers; b: Numbers; count?: Int32Array; d: number }): [number, number] {
  const [n, m] = [a.length / d, b.length / d];
  return count ? [Math.min(n, count[0]), Math.min(m, count[0])] : [n, m];
}

function infonceReference(call: HostCall<Infonce>): void {
  const { loss, logSumExp, a, b, targets, d, temperature } = call;
  const [n, m] = rowsThere(call);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const logits = logitsOfRow(a, i, b.subarray(0, m * d), d, temperature);
    const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
    const whole = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
    logSumExp[i] = whole;
    total += whole - logits[targets ? targets[i] : i];
  }
  loss[0] = total / n;
}

/** With p = softmax - onehot(target): da_i = sum_j p_ij b_j, db_j = sum_i p_ij a_i, times upstream / tau and the row's weight. */
function backwardReference(call: HostCall<InfonceBackward>): void {
  const { da, db, a, b, targets, logSumExp, rowWeights, d, temperature, upstream } = call;
  const [n, m] = rowsThere(call);
  // Sums are kept apart and added once: on a float32 `da` they would round at every step.
  const [sumA, sumB] = [new Float64Array(da.length), new Float64Array(db.length)];
  for (let i = 0; i < n; i++) {
    const weight = (upstream * (rowWeights ? rowWeights[i] : 1 / n)) / temperature;
    logitsOfRow(a, i, b.subarray(0, m * d), d, temperature).forEach((logit, j) => {
      const p = weight * (Math.exp(logit - logSumExp[i]) - (j === (targets ? targets[i] : i) ? 1 : 0));
      for (let c = 0; c < d; c++) {
        sumA[i * d + c] += p * b[j * d + c];
        sumB[j * d + c] += p * a[i * d + c];
      }
    });
  }
  for (let i = 0; i < da.length; i++) da[i] += sumA[i];
  for (let j = 0; j < db.length; j++) db[j] += sumB[j];
}

interface Shape {
  n: number;
  m: number;
  d: number;
  temperature?: number;
}

function inputs({ n, m, d, temperature = 0.2 }: Shape) {
  // Rows of about unit length, as the losses of the models have them.
  const rows = (count: number, seed: number) => realValues(count * d, seed).map((v) => v * Math.sqrt(3 / d));
  return { a: rows(n, 1), b: rows(m, 2), targets: idValues(n, m, 3), d, temperature };
}

// Edges of tiles, of the forward's blocks (96 by 512) and of the backward's (32 to 256, from the sizes).
const SHAPES: Shape[] = [
  { n: 1, m: 1, d: 1 },
  { n: 3, m: 5, d: 2 },
  { n: 17, m: 33, d: 16 },
  { n: 40, m: 40, d: 65 },
  { n: 97, m: 130, d: 9 },
  { n: 33, m: 513, d: 8 },
  { n: 300, m: 20, d: 7 },
  { n: 260, m: 270, d: 17 },
  { n: 21, m: 35, d: 400 },
  { n: 12, m: 50, d: 300, temperature: 0.05 },
];

/** Rows that stand for their own targets, and of them the first few alone: none, one, an edge of a tile, all. */
const COUNTED = [
  { n: 20, m: 20, d: 8, count: 20 },
  { n: 70, m: 70, d: 9, count: 1 },
  { n: 200, m: 200, d: 12, count: 64 },
  { n: 300, m: 600, d: 5, count: 150 },
];

function countedInputs({ count, ...shape }: Shape & { count: number }) {
  const { targets, ...rest } = inputs(shape);
  return { ...rest, count: Int32Array.of(count) };
}

function infonceCases(): KernelCase<Infonce>[] {
  const counted = COUNTED.map((shape) => ({
    label: JSON.stringify(shape),
    call: { loss: new Float32Array(1), logSumExp: new Float32Array(shape.n), ...countedInputs(shape) },
  }));
  const all: KernelCase<Infonce>[] = SHAPES.map((shape) => ({
    label: `${shape.n} x ${shape.m} x ${shape.d}`,
    call: { loss: new Float32Array(1), logSumExp: new Float32Array(shape.n).fill(Number.NaN), ...inputs(shape) },
  })).concat([
    { label: 'NaN passes', call: { loss: new Float32Array(1), logSumExp: new Float32Array(20), ...withNan() } },
    {
      label: 'large logits',
      call: { loss: new Float32Array(1), logSumExp: new Float32Array(20), ...withLargeLogits() },
    },
  ]);
  return [...all, ...counted];
}

function withNan() {
  const made = inputs({ n: 20, m: 20, d: 8 });
  made.a[25] = Number.NaN;
  return made;
}

/** Logits in the thousands: exp of them overflows unless the largest is taken away first. */
function withLargeLogits() {
  const made = inputs({ n: 20, m: 20, d: 8 });
  return { ...made, a: made.a.map((v) => v * 500) };
}

function backwardCases(): KernelCase<InfonceBackward>[] {
  const counted = COUNTED.map((shape) => {
    const given = countedInputs(shape);
    const logSumExp = new Float32Array(shape.n);
    infonceReference({ loss: new Float32Array(1), logSumExp, ...given });
    const [da, db] = [realValues(shape.n * shape.d, 5), realValues(shape.m * shape.d, 6)];
    return { label: JSON.stringify(shape), call: { da, db, ...given, logSumExp, upstream: 3 } };
  });
  const all = SHAPES.flatMap((shape) => {
    const given = inputs(shape);
    const logSumExp = new Float32Array(shape.n);
    infonceReference({ loss: new Float32Array(1), logSumExp, ...given });
    const da = realValues(shape.n * shape.d, 5);
    const db = realValues(shape.m * shape.d, 6);
    const label = `${shape.n} x ${shape.m} x ${shape.d}`;
    const call = { da, db, ...given, logSumExp, upstream: 3 };
    const rowWeights = realValues(shape.n, 7).map((v) => v / shape.n);
    return [
      { label, call },
      { label: `${label}, weighted rows`, call: { ...call, rowWeights } },
    ];
  });
  return [...all, ...counted];
}

/** A batch of pairs of a training step. */
function contrast(step: StepInputs) {
  const [n, d] = [step.batch, step.d];
  const targets = step.upload(Int32Array.from({ length: n }, (_, i) => i));
  return { a: step.floats(n * d), b: step.floats(n * d), targets, d, temperature: 0.2 };
}

export const infonce: KernelSpec<Infonce> = {
  positional: ({ loss, logSumExp, a, b, targets, count, d, temperature }) => [
    loss,
    logSumExp,
    a,
    b,
    targets,
    count,
    d,
    temperature,
  ],
  outputs: ['loss', 'logSumExp'],
  reference: infonceReference,
  cases: infonceCases,
  tolerance: () => ({
    absolute: 5e-6,
    relative: 1e-6,
    reason: 'float32 logits of up to about 20, each exact to a few units in the last place, the sums in float64',
  }),
  gradients: [
    {
      label: 'both sides',
      variables: () => ({ a: realValues(4 * 3, 1), b: realValues(5 * 3, 2) }),
      value: ({ a, b }) => {
        const loss = new Float64Array(1);
        const logSumExp = new Float64Array(4);
        infonceReference({ loss, logSumExp, a, b, targets: GRADIENT_TARGETS, d: 3, temperature: 0.5 });
        return 2 * loss[0];
      },
      gradients: (device, variables) => {
        const [loss, logSumExp, da, db] = [1, 4, 12, 15].map((length) => device.floats(length));
        const [a, b] = [device.upload(variables.a), device.upload(variables.b)];
        const rest = { a, b, targets: device.upload(GRADIENT_TARGETS), d: 3, temperature: 0.5 };
        device.run(infonce, { loss, logSumExp, ...rest });
        device.run(infonceBackward, { da, db, logSumExp, ...rest, upstream: 2 });
        return { a: device.read(da), b: device.read(db) };
      },
      tolerance: { absolute: 2e-6, relative: 1e-5, reason: 'float32 exponentials; the differences err by about 1e-9' },
    },
  ],
  bytes: { formula: '4 (2 bd + 2b)', count: ({ a, b, logSumExp }) => 4 * (a.length + b.length + 2 * logSumExp.length) },
  flops: {
    formula: '2 b b (d + 2)',
    count: ({ b, d, logSumExp: { length: n } }) => 2 * n * b.length + 4 * n * (b.length / d),
  },
  typical: (step) => [
    {
      shape: `batch ${step.batch}, ${step.d} wide`,
      call: { loss: step.zeros(1), logSumExp: step.zeros(step.batch), ...contrast(step) },
      peer: { operation: 'infonce', numbers: { n: step.batch, d: step.d } },
    },
  ],
};

const GRADIENT_TARGETS = Int32Array.of(4, 0, 2, 2);

export const infonceBackward: KernelSpec<InfonceBackward> = {
  positional: ({ da, db, a, b, targets, count, logSumExp, rowWeights, d, temperature, upstream }) => [
    da,
    db,
    a,
    b,
    targets,
    count,
    logSumExp,
    rowWeights,
    d,
    temperature,
    upstream,
  ],
  outputs: ['da', 'db'],
  reference: backwardReference,
  cases: backwardCases,
  tolerance: ({ temperature, count, logSumExp, upstream }) => ({
    absolute: 2e-7 + (1e-5 * upstream) / (temperature * (count ? count[0] : logSumExp.length)),
    relative: 2e-6,
    reason: 'probabilities err by the rounding of logits up to about 20, and meet rows of about unit length',
  }),
  bytes: {
    formula: '4 (6 bd + 2b)',
    count: ({ a, b, logSumExp }) => 4 * (3 * a.length + 3 * b.length + 2 * logSumExp.length),
  },
  flops: {
    formula: '2 b b (3d + 2)',
    count: ({ b, d, logSumExp: { length: n } }) => 6 * n * b.length + 4 * n * (b.length / d),
  },
  typical: (step) => {
    const n = step.batch * step.d;
    const outputs = { da: step.zeros(n), db: step.zeros(n) };
    const call = { ...outputs, ...contrast(step), logSumExp: step.floats(step.batch), upstream: 1 };
    return [{ shape: `batch ${step.batch}, ${step.d} wide`, call }];
  },
};
