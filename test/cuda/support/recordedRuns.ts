import type { Device } from '@agentmmrec/kernels';
import { findModel, type Model, type ModelName } from '@agentmmrec/models';
import { trainModel } from '@agentmmrec/training';
import { oneAnswerEach, trainingData } from './trainingSteps.js';

/** Of `trainedBits`: epochs, and whole batches of each before a rest of one. */
export const [EPOCHS, WHOLE] = [3, 3];

/** What differs from a small training on the checkerboard. */
export interface TrainedBits {
  /** default: 3 */
  readonly epochs?: number;
  /** default: 4 columns where the model has an option for that */
  readonly model?: Readonly<Record<string, unknown>>;
  /** default: the model by its name */
  readonly definition?: Model;
}

/** A small training, and the bits of its parameters. */
export async function trainedBits(name: ModelName, device: Device, options: TrainedBits = {}) {
  const { epochs = EPOCHS, definition = findModel(name) } = options;
  const result = await trainModel({
    model: definition,
    options: options.model ?? ('dimensions' in definition.options ? { dimensions: 4 } : {}),
    data: { ...trainingData(), name: 'checkerboard', fingerprint: 'checkerboard' },
    validation: oneAnswerEach(),
    device,
    seed: 3,
    training: { epochs, batchSize: 16, learningRate: 0.05 },
  });
  const bits = Object.entries(result.model.parameters).map(([key, tensor]) => [key, Buffer.from(tensor.read().buffer)]);
  return { result, bits };
}
