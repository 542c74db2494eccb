import type { Device, Floats } from '@agentmmrec/kernels';

/** What becomes of a step's loss, the sum of the values in the memory, which is given back when the call ends. Returns what the step returns. */
export type ReadLoss = (loss: Floats) => number;

/** The loss as a number; waits for the device. */
export function readSum(device: Device, loss: Floats): number {
  return device.read(loss).reduce((sum, part) => sum + part, 0);
}
