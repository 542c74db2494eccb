import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelDefinition } from './kernel.js';

const DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

function reference(call: HostCall<'adam'>): void {
  const { parameter, m, v, gradient, step, learningRate, beta1, beta2, epsilon, weightDecay } = {
    ...DEFAULTS,
    ...call,
  };
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i];
    const m1 = beta1 * m[i] + (1 - beta1) * g;
    const v1 = beta2 * v[i] + (1 - beta2) * g * g;
    const corrected = m1 / (1 - beta1 ** step);
    const length = Math.sqrt(v1 / (1 - beta2 ** step));
    m[i] = m1;
    v[i] = v1;
    parameter[i] = parameter[i] * (1 - learningRate * weightDecay) - (learningRate * corrected) / (length + epsilon);
  }
}

function cases(): KernelCase<'adam'>[] {
  const made: KernelCase<'adam'>[] = [];
  const add = (n: number, step: number, rest: { weightDecay?: number; beta1?: number; epsilon?: number } = {}) =>
    made.push({
      label: `${n}, step ${step}${Object.keys(rest).join()}`,
      call: {
        parameter: realValues(n, 1),
        m: realValues(n, 2).map((value) => value / 10),
        v: realValues(n, 3).map((value) => value * value),
        gradient: realValues(n, 4),
        step,
        learningRate: 1e-2,
        ...rest,
      },
    });
  for (const n of [0, ...EDGE_LENGTHS, 40_000]) add(n, 3);
  for (const step of [1, 2, 100, 100_000]) add(100, step);
  add(100, 5, { weightDecay: 0.1 });
  add(100, 5, { beta1: 0.5, epsilon: 1e-3 });
  const zero = () => new Float32Array(20);
  made.push({
    label: 'never touched: no gradient yet',
    exact: true,
    call: { parameter: realValues(20, 1), m: zero(), v: zero(), gradient: zero(), step: 1, learningRate: 1e-3 },
  });
  return made;
}

export const adam: KernelDefinition<'adam'> = {
  name: 'adam',
  positional: (call) => {
    const { parameter, m, v, gradient, step, learningRate } = call;
    const { beta1 = DEFAULTS.beta1, beta2 = DEFAULTS.beta2 } = call;
    const { epsilon = DEFAULTS.epsilon, weightDecay = DEFAULTS.weightDecay } = call;
    return [parameter, m, v, gradient, step, learningRate, beta1, beta2, epsilon, weightDecay];
  },
  outputs: ['parameter', 'm', 'v'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 3e-7,
    relative: 2e-6,
    reason: 'about eight roundings; the step is at most a few learning rates',
  }),
  bytes: ({ parameter }) => 28 * parameter.length,
  flops: ({ parameter }) => 13 * parameter.length,
};
