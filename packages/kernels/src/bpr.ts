import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers } from './kernel.js';

/**
 * BPR (Rendle et al. 2009) on gathered rows user, positive, negative [batch, d]: loss[1] = mean softplus(-(s+ - s-)),
 * and, where given, the gradients dUser, dPositive, dNegative [batch, d] of upstream * loss (overwritten, not added).
 */
export interface Bpr {
  loss: Floats;
  dUser?: Floats;
  dPositive?: Floats;
  dNegative?: Floats;
  user: Floats;
  positive: Floats;
  negative: Floats;
  d: number;
  upstream?: number;
}

/** The margin s+ - s- of one triple, its loss softplus(-margin), and the slope d loss / d margin = -sigmoid(-margin). */
export function bprTerm(user: Numbers, positive: Numbers, negative: Numbers): { loss: number; slope: number } {
  let margin = 0;
  for (let c = 0; c < user.length; c++) margin += user[c] * (positive[c] - negative[c]);
  const small = Math.exp(-Math.abs(margin));
  const loss = Math.max(-margin, 0) + Math.log1p(small);
  return { loss, slope: -(margin > 0 ? small : 1) / (1 + small) };
}

function reference(call: HostCall<Bpr>): void {
  const { loss, dUser, dPositive, dNegative, user, positive, negative, d, upstream = 1 } = call;
  const batch = user.length / d;
  let total = 0;
  for (let j = 0; j < batch; j++) {
    const at = j * d;
    const [u, p, n] = [user, positive, negative].map((rows) => rows.subarray(at, at + d));
    const term = bprTerm(u, p, n);
    total += term.loss;
    const slope = (upstream * term.slope) / batch;
    for (let c = 0; c < d; c++) {
      if (dUser) dUser[at + c] = slope * (p[c] - n[c]);
      if (dPositive) dPositive[at + c] = slope * u[c];
      if (dNegative) dNegative[at + c] = -slope * u[c];
    }
  }
  loss[0] = total / batch;
}

function triples(batch: number, d: number, size = 1) {
  const rows = (seed: number) => realValues(batch * d, seed).map((v) => v * size);
  return { user: rows(1), positive: rows(2), negative: rows(3), d };
}

function cases(): KernelCase<Bpr>[] {
  const made: KernelCase<Bpr>[] = [];
  const add = (label: string, batch: number, d: number, size = 1) => {
    const out = () => new Float32Array(batch * d).fill(Number.NaN);
    const call = {
      loss: new Float32Array(1),
      dUser: out(),
      dPositive: out(),
      dNegative: out(),
      ...triples(batch, d, size),
    };
    made.push({ label: `${label}${batch} x ${d}`, call: { ...call, upstream: 0.5 } });
  };
  for (const batch of EDGE_LENGTHS) add('', batch, 7);
  for (const d of [1, 15, 16, 17, 63, 64, 65, 192]) add('', 70, d);
  add('large margins, ', 65, 64, 20);
  const same = triples(40, 16);
  made.push({ label: 'positive is negative', call: { loss: new Float32Array(1), ...same, negative: same.positive } });
  made.push({ label: 'loss only', call: { loss: new Float32Array(1), ...triples(130, 33) } });
  made.push({
    label: 'one gradient',
    call: { loss: new Float32Array(1), dNegative: new Float32Array(130 * 33), ...triples(130, 33) },
  });
  return made;
}

export const bpr: KernelSpec<Bpr> = {
  positional: ({ loss, dUser, dPositive, dNegative, user, positive, negative, d, upstream = 1 }) => [
    loss,
    dUser,
    dPositive,
    dNegative,
    user,
    positive,
    negative,
    d,
    upstream,
  ],
  outputs: ['loss', 'dUser', 'dPositive', 'dNegative'],
  reference,
  cases,
  tolerance: ({ user, d }) => ({
    absolute: 1e-7 + (user.some((v) => Math.abs(v) > 1) ? 2e-5 : 0),
    relative: 1e-5,
    reason: `margins of ${d} float32 products, so the larger the rows the larger their error; slopes are at most 1 / batch`,
  }),
  gradients: [
    {
      label: 'user, positive and negative rows',
      variables: () => {
        const { user, positive, negative } = triples(5, 6);
        return { user, positive, negative };
      },
      value: ({ user, positive, negative }) => {
        const loss = new Float64Array(1);
        reference({ loss, user, positive, negative, d: 6 });
        return 3 * loss[0];
      },
      gradients: (device, { user, positive, negative }) => {
        const [loss, dUser, dPositive, dNegative] = [1, 30, 30, 30].map((n) => device.floats(n));
        const rows = {
          user: device.upload(user),
          positive: device.upload(positive),
          negative: device.upload(negative),
        };
        device.run(bpr, { loss, dUser, dPositive, dNegative, ...rows, d: 6, upstream: 3 });
        return { user: device.read(dUser), positive: device.read(dPositive), negative: device.read(dNegative) };
      },
      tolerance: { absolute: 1e-6, relative: 1e-5, reason: 'float32 exponentials; the differences err by about 1e-9' },
    },
  ],
  bytes: {
    formula: '24 bd',
    count: ({ user, dUser, dPositive, dNegative }) =>
      4 * user.length * (3 + [dUser, dPositive, dNegative].filter((gradient) => gradient).length),
  },
  flops: {
    formula: '6 b d',
    count: ({ user, dUser, dPositive, dNegative }) =>
      user.length * (3 + [dUser, dPositive, dNegative].filter((gradient) => gradient).length),
  },
  typical: (step) => {
    const [n, d] = [step.batch * step.d, step.d];
    const [user, positive, negative] = [1, 2, 3].map(() => step.floats(n));
    const [dUser, dPositive, dNegative] = [1, 2, 3].map(() => step.zeros(n));
    const call = { loss: step.zeros(1), dUser, dPositive, dNegative, user, positive, negative, d };
    return [{ shape: `batch ${step.batch}, ${d} wide`, call }];
  },
};
