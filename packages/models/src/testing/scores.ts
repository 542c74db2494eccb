import type { Representations } from '@agentmmrec/evaluation';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel, ModelData } from '../index.js';

/** The tables of a model that ranks by inner products. */
export function representationsOf(model: BuiltModel): Representations {
  const ranking = model.ranking();
  if ('write' in ranking) throw new Error('this model gives scores, not representations');
  return ranking;
}

/** Scores [users][items] by which the model ranks. */
export function scoresOf(model: BuiltModel, device: Device, data: ModelData): number[][] {
  const ranking = model.ranking();
  const all = Array.from({ length: data.users }, (_, user) => user);
  if ('write' in ranking) {
    const out = device.floats(data.users * data.items);
    ranking.write(Int32Array.from(all), out);
    const scores = device.read(out).slice();
    device.release(out);
    return all.map((user) => Array.from(scores.subarray(user * data.items, (user + 1) * data.items)));
  }
  const { users, items, d } = ranking;
  const [u, i] = [device.read(users), device.read(items)];
  const row = (values: Float32Array, r: number) => Array.from(values.subarray(r * d, (r + 1) * d));
  return all.map((user) =>
    Array.from({ length: data.items }, (_, item) => {
      const itemRow = row(i, item);
      return row(u, user).reduce((sum, value, c) => sum + value * itemRow[c], 0);
    }),
  );
}
