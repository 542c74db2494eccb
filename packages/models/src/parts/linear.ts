import { parameter, type Tape, type Tensor, uniform } from '@agentmmrec/autograd';
import type { RandomStreams } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { type Initial, type Inputs, weightsOver } from './tables.js';

/** x W + b with its parameters. */
export interface Linear {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** x[n, inputs] to [n, outputs] */
  apply(tape: Tape, x: Tensor): Tensor;
}

/**
 * A linear layer `<name>.weight` [inputs, outputs], `<name>.bias` [1, outputs]; without other instructions both uniform in
 * 1 / sqrt(inputs) about 0, as torch's nn.Linear begins.
 */
export function linearLayer(
  context: { device: Device; random: RandomStreams },
  name: string,
  {
    inputs: given,
    outputs,
    bias = true,
    initial,
  }: { inputs: number | Inputs; outputs: number; bias?: boolean; initial?: Initial },
): Linear {
  const { device, random } = context;
  const over = typeof given === 'number' ? { inputs: given, insteadOf: given, longerBy: 1 } : given;
  const drawn = (of: string, rows: number, shorterBy: number): Tensor => {
    const memory = device.table(rows, outputs);
    uniform(device, memory, 1 / Math.sqrt(over.insteadOf) / shorterBy, random.stream(`parameter ${of}`));
    return parameter(device, [rows, outputs], memory, of);
  };
  const weight = initial
    ? weightsOver(context, `${name}.weight`, over, outputs, initial)
    : drawn(`${name}.weight`, over.inputs, over.longerBy);
  if (!bias) return { parameters: { [weight.name]: weight }, apply: (tape, x) => tape.gemm(x, weight) };
  const shift = drawn(`${name}.bias`, 1, 1);
  return {
    parameters: { [weight.name]: weight, [shift.name]: shift },
    apply: (tape, x) => tape.linear(x, weight, shift),
  };
}

/** Linear(inputs, 4 outputs), LeakyReLU(0.01), Linear(4 outputs, outputs): `<name>.widen` and `<name>.narrow`. */
export function widenedLayer(
  context: { device: Device; random: RandomStreams },
  name: string,
  { inputs, outputs }: { inputs: number | Inputs; outputs: number },
): Linear {
  const widen = linearLayer(context, `${name}.widen`, { inputs, outputs: 4 * outputs });
  const narrow = linearLayer(context, `${name}.narrow`, { inputs: 4 * outputs, outputs });
  return {
    parameters: { ...widen.parameters, ...narrow.parameters },
    apply: (tape, x) => narrow.apply(tape, tape.unary(widen.apply(tape, x), 'leakyRelu')),
  };
}
