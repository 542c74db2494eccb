import {
  compareWithExpected,
  type Device,
  expectedCall,
  type KernelCase,
  type KernelDefinition,
  type KernelName,
  loadEmulatedAddon,
  openDevice,
  outputBytes,
  runOnDevice,
  specs,
} from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';

const device = openDevice('cuda-emulated');
const { setReverseOrder } = loadEmulatedAddon();

/** What is wrong with a case: its numbers, or bits that differ when the threads of a block run backwards. */
function failure(definition: KernelDefinition<KernelName>, kernelCase: KernelCase<KernelName>, on: Device) {
  setReverseOrder(false);
  const forward = runOnDevice(definition, kernelCase, on);
  if ('wrong' in forward) return forward.wrong;
  const expected = expectedCall(definition, kernelCase);
  const wrong = compareWithExpected(definition, kernelCase, forward.call, expected);
  if (wrong) return wrong;
  setReverseOrder(true);
  const backward = runOnDevice(definition, kernelCase, on);
  if ('wrong' in backward) return `backwards: ${backward.wrong}`;
  const same = outputBytes(definition, forward.call).equals(outputBytes(definition, backward.call));
  return same ? undefined : 'other bits when the threads run backwards';
}

describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  afterEach(() => setReverseOrder(false));

  test('equals the float64 reference in both orders of threads, to the same bits', () => {
    const cases = definition.cases();
    expect(cases.length).toBeGreaterThan(0);
    const failures = cases.flatMap((each) => {
      const wrong = failure(definition, each, device);
      return wrong ? [`${each.label}: ${wrong}`] : [];
    });
    expect(failures).toEqual([]);
  });

  test('its gradients are those of the CPU', () => {
    const cpu = openDevice('cpu');
    for (const { label, variables, gradients, tolerance } of definition.gradients ?? []) {
      const [here, there] = [device, cpu].map((on) => gradients(on, variables()));
      for (const [name, values] of Object.entries(there)) {
        const far = values.findIndex(
          (value, i) => !(Math.abs(here[name][i] - value) <= tolerance.absolute + tolerance.relative * Math.abs(value)),
        );
        expect([label, name, far]).toEqual([label, name, -1]);
      }
    }
  });
});
