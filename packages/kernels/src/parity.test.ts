import { describe, expect, test } from '@jest/globals';
import type { KernelCase, KernelDefinition, KernelName } from './kernel.js';
import { instructionSets, openDevice } from './open.js';
import { checkParity } from './parity.js';
import { specs } from './specs.js';

const THREADS = [1, 2, 8];

/** Cases of one kernel that are wrong on one instruction set, or whose bits depend on the number of threads. */
function failures(definition: KernelDefinition<KernelName>, cases: KernelCase<KernelName>[], isa: string): string[] {
  const devices = THREADS.map((threads) => openDevice('cpu', { isa, threads }));
  return cases.flatMap((kernelCase) => {
    const results = devices.map((device) => checkParity(definition, kernelCase, device));
    const wrong = results.map((result) => result.wrong).filter((text) => text !== undefined);
    if (wrong.length > 0) return [`${kernelCase.label}: ${wrong[0]}`];
    const bits = results.map((result) => result.outputs.map((output) => Buffer.from(output.buffer)));
    const same = bits.every((run) => run.every((output, i) => output.equals(bits[0][i])));
    return same ? [] : [`${kernelCase.label}: bits depend on the number of threads`];
  });
}

describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const cases = definition.cases();

  test.each(instructionSets())('equals the float64 reference on %s, same bits for any number of threads', (isa) => {
    expect(cases.length).toBeGreaterThan(0);
    expect(failures(definition, cases, isa)).toEqual([]);
  });

  test('its reference as a device stays within the tolerance of float64', () => {
    const device = openDevice('reference');
    expect(cases.flatMap((kernelCase) => checkParity(definition, kernelCase, device).wrong ?? [])).toEqual([]);
  });
});
