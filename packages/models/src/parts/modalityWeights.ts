import { parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { PartContext } from '../contract/model.js';

/** A trainable weight of each user for each modality, [users, modalities]: rows begin as softmax of Xavier normal numbers (DualGNN). */
export function modalityWeightTable(context: PartContext, name: string, modalities: number): Tensor {
  const { device, random, data } = context;
  const stream = random.stream(`parameter ${name}`);
  const deviation = Math.sqrt(2 / (data.users + modalities));
  const weights = new Float32Array(data.users * modalities);
  for (let at = 0; at < weights.length; at += modalities) {
    const row = Array.from({ length: modalities }, () => Math.exp(deviation * stream.normal()));
    const total = row.reduce((sum, value) => sum + value);
    weights.set(
      row.map((value) => value / total),
      at,
    );
  }
  const memory = device.floats(weights.length, 'any');
  device.write(memory, weights);
  return parameter(device, [data.users, modalities], memory, name);
}

/** sum over m of weights[:, m] * rows of modality m: [users, d]. */
export function weighModalities(tape: Tape, rows: readonly Tensor[], weights: Tensor): Tensor {
  const [first, ...others] = rows.map((of, m) => tape.scaleRows(of, tape.columns(weights, m, 1)));
  return tape.total([first, ...others]);
}
