import { expect, test } from '@jest/globals';
import type { GradientCheck } from './kernel.js';
import { openDevice } from './open.js';
import { specs } from './specs.js';
import { gradientDevice } from './testing/parity.js';

/** Central differences of the float64 value: error about step^2 and 1e-16 / step, both near 1e-10 here. */
function centralDifferences(check: GradientCheck, name: string): Float64Array {
  const step = 1e-5;
  const variables = Object.fromEntries(
    Object.entries(check.variables()).map(([key, v]) => [key, Float64Array.from(v)]),
  );
  return Float64Array.from(variables[name], (at, i) => {
    variables[name][i] = at + step;
    const above = check.value(variables);
    variables[name][i] = at - step;
    const below = check.value(variables);
    variables[name][i] = at;
    return (above - below) / (2 * step);
  });
}

const checks = specs.flatMap((definition) =>
  (definition.gradients ?? []).map((check) => [`${definition.name}: ${check.label}`, check] as const),
);

test.each(checks)('%s', (_, check) => {
  for (const device of [openDevice('cpu'), openDevice('reference')]) {
    const gradients = check.gradients(gradientDevice(device), check.variables());
    for (const [name, gradient] of Object.entries(gradients)) {
      const expected = centralDifferences(check, name);
      expect(gradient.length).toBe(expected.length);
      expected.forEach((value, i) => {
        const allowed = check.tolerance.absolute + check.tolerance.relative * Math.abs(value);
        if (!(Math.abs(gradient[i] - value) <= allowed)) {
          throw new Error(`${device.name}: d${name}[${i}] is ${gradient[i]}, central differences say ${value}`);
        }
      });
    }
  }
});
