import { AmrError } from '@agentmmrec/core';
import type { Floats } from '@agentmmrec/kernels';
import type { Tensor } from './tensor.js';

/**
 * Scales the gradients of all parameters by one factor, so that their common length is at most `most` (Pascanu et al. 2013,
 * algorithm 1), and returns the length they had. For between the backward pass and the optimizer's step; one number a parameter is
 * read from the device.
 * @throws AmrError internal where a fused step left the gradient of some rows: those are not for clipping
 */
export function clipGradients(parameters: Readonly<Record<string, Tensor>>, most: number): number {
  const gradients = Object.values(parameters).flatMap((parameter) => {
    if (parameter.rowGradient) throw gradientOfRows(parameter);
    return parameter.gradient ? [{ parameter, memory: parameter.gradient }] : [];
  });
  const length = Math.sqrt(gradients.reduce((sum, { parameter, memory }) => sum + squaredNorm(parameter, memory), 0));
  if (!(length > most)) return length;
  for (const { parameter, memory } of gradients) {
    parameter.device.kernels.axpby({ out: memory, x: memory, alpha: most / length, beta: 0 });
  }
  return length;
}

function squaredNorm({ device }: Tensor, memory: Floats): number {
  const out = device.floats(1, 'any');
  device.kernels.dot({ out, a: memory, b: memory });
  const [value] = device.read(out);
  device.release(out);
  return value;
}

function gradientOfRows({ name }: Tensor): AmrError {
  return new AmrError({
    what: `clipping the gradient of ${name}`,
    got: 'the gradient of some rows',
    expected: 'whole gradients, as the tape leaves them',
    hint: 'take the loss through the tape instead of a fused step',
    kind: 'internal',
  });
}
