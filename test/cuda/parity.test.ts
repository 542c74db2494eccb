import { type CudaDevice, loadEmulatedAddon, openDevice } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';
import { expectSameGradients, failures, specsOf } from './support/kernelCases.js';

const device = openDevice('cuda-emulated') as CudaDevice;
const { setReverseOrder } = loadEmulatedAddon();

describe.each(specsOf(device).map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  afterEach(() => setReverseOrder(false));

  test('equals the float64 reference; the second run, threads backwards, leaves the same bits', () => {
    expect(failures(definition, device, (turn) => setReverseOrder(turn === 1))).toEqual([]);
  });

  test('its gradients are those of the CPU', () => {
    expectSameGradients(definition, device, openDevice('cpu'));
  });
});
