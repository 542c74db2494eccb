import { AmrError } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel } from '@agentmmrec/models';
import type { Values } from './checkpoint.js';

/** Parameters and changing state of a model on the host. */
export interface ModelValues {
  readonly parameters: Values;
  readonly state: Values;
}

/** Everything of the model that training changes, to be used at once: on the CPU it is the model's own memory. */
export function currentValues(device: Device, model: BuiltModel): ModelValues {
  return {
    parameters: mapValues(model.parameters, (tensor) => tensor.read()),
    state: mapValues(model.state, (memory) => device.read(memory)),
  };
}

/** The same copied, to be kept. */
export function copyValues(device: Device, model: BuiltModel): ModelValues {
  const { parameters, state } = currentValues(device, model);
  const copy = (values: Float32Array) => values.slice();
  return { parameters: mapValues(parameters, copy), state: mapValues(state, copy) };
}

/**
 * Writes values back in place.
 * @throws AmrError input when names or lengths are not those of the model
 */
export function restoreValues(device: Device, model: BuiltModel, { parameters, state }: ModelValues): void {
  const tensors = mapValues(model.parameters, (tensor) => tensor.settle());
  const memories = model.state;
  checkNames('parameters', Object.keys(parameters), Object.keys(tensors));
  checkNames('state', Object.keys(state), Object.keys(memories));
  const targets = [
    ...Object.entries(tensors).map(([name, memory]) => ({ name, memory, values: parameters[name] })),
    ...Object.entries(memories).map(([name, memory]) => ({ name, memory, values: state[name] })),
  ];
  for (const { name, memory, values } of targets) {
    if (values.length === memory.length) continue;
    throw mismatch(`${values.length} values for ${name}`, `${memory.length}`);
  }
  for (const { memory, values } of targets) device.write(memory, values);
  model.restored();
}

function checkNames(what: string, found: string[], wanted: string[]): void {
  if (found.sort().join() !== wanted.sort().join()) {
    throw mismatch(`${what} ${found.join(', ') || 'none'}`, wanted.join(', ') || 'none');
  }
}

function mismatch(got: string, expected: string): AmrError {
  const hint = 'the checkpoint is of another release of this model: train again';
  return new AmrError({ what: 'parameters of a checkpoint', got, expected, hint });
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
