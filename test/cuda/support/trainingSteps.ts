import { RandomStreams } from '@agentmmrec/core';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { buildModel, findModel, type ModelData, ModelOptimizer, type models } from '@agentmmrec/models';
import { trainModel } from '@agentmmrec/training';
import { expect } from '@jest/globals';
import { checkerboard, checkerboardData, epochBatch } from '../../../packages/models/src/testing/checkerboard.js';
import { representationsOf } from '../../../packages/models/src/testing/scores.js';

export type ModelName = keyof typeof models;

const train = checkerboard(12, 1);
const small = { dimensions: 4, k: 3, hidden: 5 };
export const STEPS = 3;

/** The neighbour graphs are made on the CPU for every device, so that a near-tie cannot give them different edges. */
export function trainingData(): ModelData {
  return checkerboardData(openDevice('cpu'), train);
}

/** A small model on a device, and one step of its optimizer. */
export function training(name: ModelName, device: Device, given: Readonly<Record<string, unknown>> = {}) {
  const definition = findModel(name);
  const fitting = Object.entries(small).filter(([option]) => option in definition.options);
  const options = { ...Object.fromEntries(fitting), ...given };
  const model = buildModel(definition, { data: trainingData(), device, random: new RandomStreams(1) }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 0.01 });
  const stream = new RandomStreams(2).stream('batches');
  const batch = () => epochBatch(device, train, stream);
  return { model, batch, step: (of = batch()) => optimizer.step(of) };
}

function steps(name: ModelName, device: Device) {
  const { model, step } = training(name, device);
  const losses = Array.from({ length: STEPS }, () => step());
  const parameters = Object.entries(model.parameters).map(([key, tensor]) => [key, tensor.read()] as const);
  const { users, items } = representationsOf(model);
  return {
    losses,
    arrays: [...parameters, ['users', device.read(users)] as const, ['items', device.read(items)] as const],
  };
}

/** Expects three optimiser steps to leave on `device` what they leave on `cpu`. */
export function expectSameSteps(name: ModelName, device: Device, cpu: Device): void {
  const [here, there] = [steps(name, device), steps(name, cpu)];
  here.losses.forEach((loss, step) => {
    expect(Math.abs(loss - there.losses[step])).toBeLessThan(1e-5);
  });
  there.arrays.forEach(([key, values], a) => {
    const found = here.arrays[a][1];
    // Adam divides a gradient by its own size: where both are rounding errors the step may differ by as much as the rate.
    const far = values.findIndex((value, i) => !(Math.abs(found[i] - value) <= 2e-4 + 1e-4 * Math.abs(value)));
    expect([key, far]).toEqual([key, -1]);
  });
}

/** Expects a whole run (sampling, steps, evaluation) to end on `device` with the metrics it has on `cpu`. */
export async function expectSameRun(
  name: ModelName,
  options: Readonly<Record<string, unknown>>,
  device: Device,
  cpu: Device,
): Promise<void> {
  const run = (on: Device) =>
    trainModel({
      model: findModel(name),
      options,
      data: { ...trainingData(), name: 'checkerboard', fingerprint: 'checkerboard' },
      validation: oneAnswerEach(),
      device: on,
      seed: 3,
      training: { epochs: 6, batchSize: 32, learningRate: 0.05 },
    });
  const [here, there] = [await run(device), await run(cpu)];
  expect(here.epochs).toBe(there.epochs);
  expect(there.validation?.metrics).toBeDefined();
  expect(here.validation?.metrics).toEqual(there.validation?.metrics);
  here.history.forEach(({ loss }, epoch) => {
    expect(loss).toBeCloseTo(Number(there.history[epoch].loss), 4);
  });
}

/** The item each user of the checkerboard lacks. */
export function oneAnswerEach() {
  const offsets = Int32Array.from({ length: train.users + 1 }, (_, user) => Math.min(user, 12));
  return {
    users: train.users,
    items: train.items,
    offsets,
    itemIds: Int32Array.from({ length: 12 }, (_, item) => item),
  };
}
