import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, models, readModelOptions } from '../index.js';
import { checkerboard, checkerboardData } from '../testing/checkerboard.js';
import { representationsOf } from '../testing/scores.js';

const device = openDevice('reference');
const size = 10;
const cold = 2;
const dimensions = 4;
const data = checkerboardData(device, checkerboard(size, cold));

/** Rows of items as they are ranked by; without convolutions, so that each is its own. */
function itemsOf(given: Record<string, unknown>, of = data) {
  const options = { dimensions, k: 3, layers: 2, useBmu: false, weightBmi: 0, weightRti: 0, ...given };
  const model = buildModel(models.agentmmrec, { data: of, device, random: new RandomStreams(3) }, options);
  const { items, d } = representationsOf(model);
  const rows = device.read(items).slice();
  const ids = model.parameters.id.read().slice(-(of.items * dimensions));
  return {
    row: (item: number) => rows.slice(item * d, (item + 1) * d),
    id: (item: number) => ids.slice(item * 4, item * 4 + 4),
  };
}

const norm = (row: Float32Array) => Math.hypot(...row);
const isCold = (item: number) => item >= size;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('items without interactions', () => {
  const [drawn, made] = [itemsOf({}), itemsOf({ coldItems: 'content' })];
  const ids = (row: Float32Array) => row.slice(-dimensions);

  test('are ranked by their side view, as long as others are, and not by the ids they were given at random', () => {
    const items = Array.from({ length: size + cold }, (_, item) => item);
    for (const item of items) {
      if (isCold(item)) expect(made.row(item)).not.toEqual(drawn.row(item));
      else expect(made.row(item)).toEqual(drawn.row(item));
    }
    // The ids as drawn are a summand of the one: what is left is the view, and the other is that view made longer.
    for (const item of items.filter(isCold)) {
      const view = ids(drawn.row(item)).map((value, n) => value - drawn.id(item)[n] / 3);
      const factors = ids(made.row(item)).map((value, n) => value / view[n]);
      for (const factor of factors) expect(factor).toBeCloseTo(factors[0], 3);
      expect(factors[0]).toBeGreaterThan(1);
      const usual = mean(items.filter((one) => !isCold(one)).map((one) => norm(ids(drawn.row(one)))));
      expect(norm(ids(made.row(item)))).toBeGreaterThan(0.3 * usual);
    }
  });

  test('have the knowledge columns of a readout over the layers there are', () => {
    const known = (row: Float32Array) => row.slice(0, -dimensions);
    for (const item of [size, size + 1]) {
      known(made.row(item)).forEach((value, n) => {
        expect(value).toBeCloseTo(3 * known(drawn.row(item))[n], 5);
      });
    }
  });

  test('nothing changes where there are none, and in the form of the paper', () => {
    const all = checkerboardData(device, checkerboard(size));
    for (let item = 0; item < size; item++) {
      expect(itemsOf({ coldItems: 'content' }, all).row(item)).toEqual(itemsOf({}, all).row(item));
    }
    expect(readModelOptions(models.agentmmrec, { preset: 'paper' })).toMatchObject({ coldItems: 'ids' });
  });
});
