import type { RandomStream } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { Tape } from './tape.js';
import type { Tensor } from './tensor.js';

/** Step and tolerance of the differences. */
export interface GradientCheckOptions {
  /** distance of the four points; float32 losses need a wide one. Default 1e-2. */
  readonly step?: number;
  /** |gradient - difference| <= absolute + relative * |difference|. Defaults 1e-3 and 1e-2: rounding of a float32 loss over the step. */
  readonly absolute?: number;
  readonly relative?: number;
  /** checks this many entries of each parameter, drawn from `stream`; default all */
  readonly sample?: { readonly count: number; readonly stream: RandomStream };
}

/** An entry whose gradient is not the slope of the loss. */
export interface GradientMismatch {
  readonly parameter: string;
  readonly index: number;
  readonly gradient: number;
  readonly difference: number;
}

/**
 * Compares the tape's gradients of a scalar loss with central differences of four points, and returns the entries that
 * differ; none means that the gradients hold. Parameters keep their values, gradients are dropped.
 */
export function checkGradients(
  device: Device,
  parameters: Readonly<Record<string, Tensor>>,
  loss: (tape: Tape) => Tensor,
  options: GradientCheckOptions = {},
): GradientMismatch[] {
  const { step = 1e-2, absolute = 1e-3, relative = 1e-2, sample } = options;
  const tape = new Tape(device);
  const value = (): number => tape.step(() => loss(tape).read()[0]);
  tape.step(() => tape.backward(loss(tape)));
  const mismatches: GradientMismatch[] = [];
  for (const [name, parameter] of Object.entries(parameters)) {
    const gradient = Float32Array.from(device.read(parameter.gradientBuffer()));
    parameter.dropGradient();
    const entries = Array.from(gradient.keys());
    for (const index of sample ? sample.stream.sample(entries, sample.count) : entries) {
      const difference = slope(device, parameter, index, step, value);
      if (Math.abs(gradient[index] - difference) <= absolute + relative * Math.abs(difference)) continue;
      mismatches.push({ parameter: name, index, gradient: gradient[index], difference });
    }
  }
  return mismatches;
}

/** Central difference of order four along one entry. */
function slope(device: Device, parameter: Tensor, index: number, step: number, value: () => number): number {
  const entry = parameter.settle().subarray(index, index + 1);
  const original = device.read(entry)[0];
  const at = (offset: number): number => {
    device.write(entry, Float32Array.of(original + offset * step));
    return value();
  };
  const difference = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step);
  device.write(entry, Float32Array.of(original));
  return difference;
}
