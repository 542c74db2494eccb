import {
  type CallOf,
  type CudaDevice,
  type Device,
  type KernelCase,
  type KernelDefinition,
  type KernelName,
  specs,
} from '@agentmmrec/kernels';
import { expect } from '@jest/globals';
import {
  compareWithExpected,
  expectedCall,
  gradientDevice,
  outputBytes,
  runOnDevice,
} from '../../../packages/kernels/src/testing/parity.js';

/** The kernels that a card has; it says of the others that it lacks them. */
export function specsOf(device: CudaDevice) {
  return specs.filter(({ name }) => device.hasKernel(name));
}

/**
 * What is wrong with a case on a device: its numbers beside the float64 reference, a second run that leaves other bits, or its
 * numbers where arrays are aligned, which kernels read 16 bytes at a time. `beforeRun(turn)` prepares the device for the first
 * (0) and the other (1) runs.
 */
export function caseFailure(
  definition: KernelDefinition<KernelName>,
  kernelCase: KernelCase<CallOf<KernelName>>,
  device: Device,
  beforeRun: (turn: 0 | 1) => void = () => {},
): string | undefined {
  beforeRun(0);
  const first = runOnDevice(definition, kernelCase, device);
  if ('wrong' in first) return first.wrong;
  const expected = expectedCall(definition, kernelCase);
  const wrong = compareWithExpected(definition, kernelCase, first.call, expected);
  if (wrong) return wrong;
  beforeRun(1);
  const second = runOnDevice(definition, kernelCase, device);
  if ('wrong' in second) return `second run: ${second.wrong}`;
  const same = outputBytes(definition, first.call).equals(outputBytes(definition, second.call));
  if (!same) return 'other bits in the second run';
  const aligned = runOnDevice(definition, kernelCase, device, 'aligned');
  if ('wrong' in aligned) return `aligned: ${aligned.wrong}`;
  const far = compareWithExpected(definition, kernelCase, aligned.call, expected);
  return far && `aligned: ${far}`;
}

/** Every case of a kernel that fails, in words. */
export function failures(
  definition: KernelDefinition<KernelName>,
  device: Device,
  beforeRun?: (turn: 0 | 1) => void,
): string[] {
  const cases = definition.cases();
  expect(cases.length).toBeGreaterThan(0);
  return cases.flatMap((each) => {
    const wrong = caseFailure(definition, each, device, beforeRun);
    return wrong ? [`${each.label}: ${wrong}`] : [];
  });
}

/** Expects the gradients of a definition to be on `device` what they are on `cpu`. */
export function expectSameGradients(definition: KernelDefinition<KernelName>, device: Device, cpu: Device): void {
  for (const { label, variables, gradients, tolerance } of definition.gradients ?? []) {
    const [here, there] = [device, cpu].map((on) => gradients(gradientDevice(on), variables()));
    for (const [name, values] of Object.entries(there)) {
      const far = values.findIndex(
        (value, i) => !(Math.abs(here[name][i] - value) <= tolerance.absolute + tolerance.relative * Math.abs(value)),
      );
      expect([label, name, far]).toEqual([label, name, -1]);
    }
  }
}
