import { describe, expect, test } from '@jest/globals';
import type { Device } from './device.js';
import type { HostCall, KernelCase } from './kernel.js';
import { instructionSets, openDevice } from './open.js';
import { type CallOf, type KernelDefinition, type KernelName, specs } from './specs.js';
import { compareWithExpected, expectedCall, outputBytes, runOnDevice } from './testing/parity.js';

const THREADS = [1, 2, 8];

interface ExpectedCase {
  readonly kernelCase: KernelCase<CallOf<KernelName>>;
  readonly expected: HostCall<CallOf<KernelName>>;
}

/** What is wrong with a case on one instruction set: its numbers, or bits that depend on the number of threads. */
function failure(definition: KernelDefinition<KernelName>, { kernelCase, expected }: ExpectedCase, devices: Device[]) {
  let first: Buffer | undefined;
  for (const device of devices) {
    const run = runOnDevice(definition, kernelCase, device);
    if ('wrong' in run) return run.wrong;
    const bytes = outputBytes(definition, run.call);
    const wrong = first ? undefined : compareWithExpected(definition, kernelCase, run.call, expected);
    if (wrong) return wrong;
    if (first && !first.equals(bytes)) return `other bits on ${device.description}`;
    first = bytes;
  }
  return undefined;
}

function failures(definition: KernelDefinition<KernelName>, cases: ExpectedCase[], devices: Device[]): string[] {
  return cases.flatMap((each) => {
    const wrong = failure(definition, each, devices);
    return wrong ? [`${each.kernelCase.label}: ${wrong}`] : [];
  });
}

describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const cases = definition
    .cases()
    .map((kernelCase) => ({ kernelCase, expected: expectedCall(definition, kernelCase) }));

  test.each(instructionSets())('equals the float64 reference on %s, same bits for any number of threads', (isa) => {
    expect(cases.length).toBeGreaterThan(0);
    const devices = THREADS.map((threads) => openDevice('cpu', { isa, threads }));
    expect(failures(definition, cases, devices)).toEqual([]);
  });

  test('its reference as a device stays within the tolerance of float64', () => {
    expect(failures(definition, cases, [openDevice('reference')])).toEqual([]);
  });
});
