import type { Floats } from './arrays.js';
import { EDGE_LENGTHS, realValues } from './caseValues.js';
import type { HostCall, KernelCase, KernelSpec, Numbers } from './kernel.js';

/** One Adam step in place (Kingma and Ba 2015, algorithm 1): step counts from 1; decoupled weightDecay (AdamW) when given. */
export interface Adam {
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
}

interface AdamTables {
  readonly parameter: Numbers;
  readonly m: Numbers;
  readonly v: Numbers;
}

interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** The settings of a call, defaults filled in. */
export function adamSettings(call: { learningRate: number } & Partial<AdamSettings>): AdamSettings {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = call;
  return { learningRate, beta1, beta2, epsilon, weightDecay };
}

/** One step of element i: the formula itself. */
export function moveElement(
  { parameter, m, v }: AdamTables,
  i: number,
  g: number,
  step: number,
  settings: AdamSettings,
): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = settings;
  const m1 = beta1 * m[i] + (1 - beta1) * g;
  const v1 = beta2 * v[i] + (1 - beta2) * g * g;
  const corrected = m1 / (1 - beta1 ** step);
  const length = Math.sqrt(v1 / (1 - beta2 ** step));
  m[i] = m1;
  v[i] = v1;
  parameter[i] = parameter[i] * (1 - learningRate * weightDecay) - (learningRate * corrected) / (length + epsilon);
}

function reference(call: HostCall<Adam>): void {
  const settings = adamSettings(call);
  for (let i = 0; i < call.parameter.length; i++) moveElement(call, i, call.gradient[i], call.step, settings);
}

function cases(): KernelCase<Adam>[] {
  const made: KernelCase<Adam>[] = [];
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

export const adam: KernelSpec<Adam> = {
  positional: (call) => {
    const { parameter, m, v, gradient, step } = call;
    return [parameter, m, v, gradient, step, ...Object.values(adamSettings(call))];
  },
  outputs: ['parameter', 'm', 'v'],
  reference,
  cases,
  tolerance: () => ({
    absolute: 3e-7,
    relative: 2e-6,
    reason: 'about eight roundings; the step is at most a few learning rates',
  }),
  bytes: { formula: '28 nd', count: ({ parameter }) => 28 * parameter.length },
  flops: { formula: '13 n d', count: ({ parameter }) => 13 * parameter.length },
  typical: (step) => {
    const n = step.nodes * step.d;
    const tables = { parameter: step.floats(n), m: step.zeros(n), v: step.zeros(n), gradient: step.floats(n) };
    return [
      {
        shape: `${n} elements`,
        call: { ...tables, step: 1, learningRate: 1e-3 },
        peer: { operation: 'adam', numbers: { elements: n } },
      },
    ];
  },
};
