import { describe, expect, test } from '@jest/globals';
import type { HostCall, KernelCase, KernelDefinition, KernelName } from './kernel.js';
import { instructionSets, openDevice } from './open.js';
import { checkParity, expectedCall } from './parity.js';
import { specs } from './specs.js';

const THREADS = [1, 2, 8];

interface ExpectedCase {
  readonly kernelCase: KernelCase<KernelName>;
  readonly expected: HostCall<KernelName>;
}

/** Cases of one kernel that are wrong on one instruction set, or whose bits depend on the number of threads. */
function failures(definition: KernelDefinition<KernelName>, cases: ExpectedCase[], isa: string): string[] {
  const devices = THREADS.map((threads) => openDevice('cpu', { isa, threads }));
  return cases.flatMap(({ kernelCase, expected }) => {
    const results = devices.map((device) => checkParity(definition, kernelCase, device, expected));
    const wrong = results.map((result) => result.wrong).filter((text) => text !== undefined);
    if (wrong.length > 0) return [`${kernelCase.label}: ${wrong[0]}`];
    const bits = results.map((result) => result.outputs.map((output) => Buffer.from(output.buffer)));
    const same = bits.every((run) => run.every((output, i) => output.equals(bits[0][i])));
    return same ? [] : [`${kernelCase.label}: bits depend on the number of threads`];
  });
}

describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const cases = definition
    .cases()
    .map((kernelCase) => ({ kernelCase, expected: expectedCall(definition, kernelCase) }));

  test.each(instructionSets())('equals the float64 reference on %s, same bits for any number of threads', (isa) => {
    expect(cases.length).toBeGreaterThan(0);
    expect(failures(definition, cases, isa)).toEqual([]);
  });

  test('its reference as a device stays within the tolerance of float64', () => {
    const device = openDevice('reference');
    const wrong = cases.map(({ kernelCase, expected }) => checkParity(definition, kernelCase, device, expected).wrong);
    expect(wrong.filter((text) => text !== undefined)).toEqual([]);
  });
});
