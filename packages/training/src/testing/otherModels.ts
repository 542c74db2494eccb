import { constant, parameter, Tensor, xavierNormal } from '@agentmmrec/autograd';
import { integer, matrix } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { defineModel, type ModelContext } from '@agentmmrec/models';

type Tables = Pick<ModelContext, 'device' | 'random'>;

function table({ device, random }: Tables, name: string, rows: number, d: number): Tensor {
  const memory = device.floats(rows * d);
  xavierNormal(device, memory, [rows, d], random.stream(name));
  return parameter(device, [rows, d], memory, name);
}

/**
 * Everything that one loss over triples does not need: a pass over users and one over triples with two optimizers in turn, a
 * constant made from the parameters at the beginning of an epoch, numbers drawn in a step, rates by parameter and epoch.
 * @param watch.update is told each update; it may interrupt the run
 */
export function phasedModel(watch: { update(name: string): void } = { update: () => {} }) {
  return defineModel({
    name: 'phased',
    source: 'test',
    needs: [],
    options: { dimensions: integer(4, { min: 1, help: 'width' }) },
    build: (context) => {
      const { data, device, options } = context;
      const d = options.dimensions;
      const users = table(context, 'users', data.users, d);
      const items = table(context, 'items', data.items, d);
      const critic = table(context, 'critic', d, 1);
      const centre = table(context, 'centre', 1, d);
      const anchor = device.floats(data.items * d); // the items as they were when the epoch began
      const anchored = new Tensor(device, [data.items, d], anchor, false, 'anchor');
      return {
        parameters: { users, items, critic, centre },
        state: { anchor },
        optimizer: (name) => (name === 'critic' ? { learningRate: 0.2, weightDecay: 0.1 } : {}),
        learningRateFactor: (epoch) => 0.8 ** epoch,
        beforeEpoch: (_, resumed) => {
          if (!resumed) device.write(anchor, items.read());
        },
        forward: () => ({ users, items }),
        terms: (tape, batch, { positive }) => {
          watch.update('model');
          const noise = matrix(batch.size, d);
          const stream = tape.stream('noise');
          noise.data.forEach((_, i) => {
            noise.data[i] = stream.normal();
          });
          const moved = tape.add(positive, tape.gatherRows(anchored, batch.positives), 1, -1);
          const judged = tape.sum(tape.gemm(tape.multiply(moved, constant(device, noise, 'noise')), critic), 0.01);
          return [judged, tape.squaredNorm(moved, 0.01)];
        },
        passes: [
          {
            over: 'users',
            updates: [
              {
                parameters: ['centre'],
                loss: (tape, batch) => {
                  watch.update('centre');
                  const rows = tape.gatherRows(users, batch.users);
                  return tape.squaredNorm(tape.add(tape.columnMeans(rows), centre, 1, -1));
                },
              },
            ],
          },
          {
            over: 'triples',
            updates: [
              {
                parameters: ['critic'],
                loss: (tape, batch) => {
                  watch.update('critic');
                  const scores = tape.gemm(tape.gatherRows(items, batch.positives), critic);
                  return tape.mean(tape.unary(scores, 'softplus'));
                },
              },
              { parameters: ['users', 'items'] },
            ],
          },
        ],
      };
    },
  });
}

/** Factors pulled together in sweeps, and scores by users' own items: no gradient and no inner product. */
export function sweepModel(watch: { piece(): void } = { piece: () => {} }) {
  return defineModel({
    name: 'sweeps',
    source: 'test',
    needs: [],
    options: { sweeps: integer(5, { min: 1, help: 'sweeps' }) },
    build: (context) => {
      const { data, device, options } = context;
      const weights = table(context, 'weights', data.items, 1);
      return {
        parameters: { weights },
        sweeps: {
          count: options.sweeps,
          *sweep(epoch) {
            const values = hostFloats(device, weights);
            for (let piece = 0; piece < 3; piece++) {
              watch.piece();
              const { itemIds } = data.train;
              for (let e = piece; e < itemIds.length; e += 3) values[itemIds[e]] += 1 / (epoch + 1);
              yield (piece + 1) / 3;
            }
            return null;
          },
        },
        scores: () => ({
          items: data.items,
          write: (userIds, out) => {
            const scores = new Float32Array(out.length);
            userIds.forEach((user, row) => {
              const values = weights.read();
              values.forEach((value, item) => {
                scores[row * data.items + item] = value + (user % 2 === item % 2 ? 1000 : 0);
              });
            });
            device.write(out, scores);
          },
        }),
      };
    },
  });
}

function hostFloats(device: Device, tensor: Tensor): Float32Array {
  return device.read(tensor.settle());
}
