import type { Device } from '@agentmmrec/kernels';
import { findModel, type ModelName } from '@agentmmrec/models';
import { trainModel } from '@agentmmrec/training';
import { oneAnswerEach, trainingData } from './trainingSteps.js';

/** Of `trainedBits`: epochs, and whole batches of each before a rest of one. */
export const [EPOCHS, WHOLE] = [3, 3];

/** A small training, and the bits of its parameters. */
export async function trainedBits(name: ModelName, device: Device) {
  const definition = findModel(name);
  const result = await trainModel({
    model: definition,
    options: 'dimensions' in definition.options ? { dimensions: 4 } : {},
    data: { ...trainingData(), name: 'checkerboard', fingerprint: 'checkerboard' },
    validation: oneAnswerEach(),
    device,
    seed: 3,
    training: { epochs: EPOCHS, batchSize: 16, learningRate: 0.05 },
  });
  const bits = Object.entries(result.model.parameters).map(([key, tensor]) => [key, Buffer.from(tensor.read().buffer)]);
  return { result, bits };
}
