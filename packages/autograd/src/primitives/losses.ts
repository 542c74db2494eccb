import type { Floats, Ints } from '@agentmmrec/kernels';
import { type BackwardCall, definePrimitive, requireShape, sameShape } from '../primitive.js';
import { showShape, type Tensor } from '../tensor.js';

/** loss[1, 1] = mean over rows of softplus(-(u . p - u . n)) for user, positive, negative [batch, d] (Rendle et al. 2009). */
export const bpr = definePrimitive({
  name: 'bpr',
  shape: ([user, positive, negative]) => {
    sameShape('bpr', user, positive);
    sameShape('bpr', user, negative);
    return [1, 1];
  },
  forward: ({ kernels, inputs: [user, positive, negative], out }) =>
    kernels.bpr({ loss: out.data, user: user.data, positive: positive.data, negative: negative.data, d: user.cols }),
  backward: (call) => {
    const [user, positive, negative] = call.inputs;
    const targets = [user, positive, negative].map((input) => overwritable(call, input));
    call.kernels.bpr({
      loss: call.scratch([1, 1], 'any'),
      dUser: targets[0]?.to,
      dPositive: targets[1]?.to,
      dNegative: targets[2]?.to,
      user: user.data,
      positive: positive.data,
      negative: negative.data,
      d: user.cols,
      upstream: call.upstream(),
    });
    for (const target of targets) target?.add();
  },
});

/** Memory that a kernel may overwrite with the gradient of `input`; `add` then brings it to its accumulator. */
function overwritable(call: BackwardCall<unknown, unknown>, input: Tensor) {
  const target = call.over(input);
  if (!target) return null;
  if (target.beta === 0) return { to: target.to, add: () => {} };
  const own = call.scratch(input.shape, 'any');
  return { to: own, add: () => call.kernels.axpby({ out: target.to, x: own, alpha: 1, beta: 1 }) };
}

export interface InfonceAttributes {
  /** null: each row's own number */
  readonly targets: Ints | null;
  readonly temperature: number;
}

/**
 * loss[1, 1] = mean_i (log sum_j exp(a_i . b_j / tau) - a_i . b_target(i) / tau), a [n, d], b [m, d], targets [n]
 * (van den Oord et al. 2018, eq. 4); never holds [n, m]. Where `count` [1] is given only that many of the first rows are there.
 */
export const infonce = definePrimitive<InfonceAttributes & { count: Ints | null }, Floats>({
  name: 'infonce',
  shape: ([a, b], { targets }) => {
    requireShape('infonce', a.cols === b.cols, `${showShape(a.shape)} and ${showShape(b.shape)}`, 'equal widths');
    const known = targets ? targets.length === a.rows : a.rows <= b.rows;
    requireShape(
      'infonce',
      known,
      targets ? `${targets.length} targets` : `${b.rows} rows of b`,
      `${a.rows}, one for each row of a`,
    );
    return [1, 1];
  },
  forward: ({ kernels, inputs: [a, b], out, attributes: { targets, temperature, count }, keep }) => {
    const logSumExp = keep([a.rows, 1]);
    const [given, d] = [{ ...(targets && { targets }), ...(count && { count }) }, a.cols];
    kernels.infonce({ loss: out.data, logSumExp, a: a.data, b: b.data, ...given, d, temperature });
    return logSumExp;
  },
  backward: ({
    kernels,
    inputs: [a, b],
    attributes: { targets, temperature, count },
    saved: logSumExp,
    upstream,
    into,
    scratch,
  }) => {
    kernels.infonceBackward({
      da: into(a) ?? scratch(a.shape, 'zeros'),
      db: into(b) ?? scratch(b.shape, 'zeros'),
      a: a.data,
      b: b.data,
      ...(targets && { targets }),
      ...(count && { count }),
      logSumExp,
      d: a.cols,
      temperature,
      upstream: upstream(),
    });
  },
});

/** loss[n, 1] of each row of `infonce`, for losses that weigh rows or use the log of the sum alone; never holds [n, m]. */
export const infonceRows = definePrimitive<InfonceAttributes, Floats>({
  name: 'infonceRows',
  shape: (inputs, attributes) => {
    infonce.shape(inputs, { ...attributes, count: null });
    return [inputs[0].rows, 1];
  },
  forward: ({ kernels, inputs: [a, b], out, attributes: { targets, temperature }, keep, scratch }) => {
    const [logSumExp, d] = [keep([a.rows, 1]), a.cols];
    const given = targets && { targets };
    kernels.infonce({ loss: scratch([1, 1], 'any'), logSumExp, a: a.data, b: b.data, ...given, d, temperature });
    const products = scratch([a.rows, 1], 'any');
    const positives = targets ? scratch(a.shape, 'any') : b.data.subarray(0, a.rows * d);
    if (targets) kernels.gatherRows({ out: positives, x: b.data, ids: targets, d });
    kernels.rowDot({ out: products, a: a.data, b: positives, d });
    kernels.axpby({ out: out.data, x: logSumExp, alpha: 1, beta: 0 });
    kernels.axpby({ out: out.data, x: products, alpha: -1 / temperature, beta: 1 });
    return logSumExp;
  },
  backward: ({ kernels, inputs: [a, b], attributes: { targets, temperature }, saved, dOut, into, scratch }) =>
    kernels.infonceBackward({
      da: into(a) ?? scratch(a.shape, 'zeros'),
      db: into(b) ?? scratch(b.shape, 'zeros'),
      a: a.data,
      b: b.data,
      ...(targets && { targets }),
      logSumExp: saved,
      rowWeights: dOut,
      d: a.cols,
      temperature,
      upstream: 1,
    }),
});
