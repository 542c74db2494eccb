import { constant, type Tape, type Tensor } from '@agentmmrec/autograd';
import { matrix } from '@agentmmrec/core';
import { itemsOf } from '@agentmmrec/datasets';
import type { PartContext } from '../contract/model.js';
import type { Contrasts } from './views.js';

/** Rows of items as the lists are ranked by, with those of cold items made from what is known of them. */
export type ColdItems = (tape: Tape, items: Tensor, contrasts: Contrasts) => Tensor;

/**
 * Rows of items without training interactions, in ranking alone (docs/method.md#recommender): knowledge columns times `layers + 1` where the
 * readout is a mean, and for the ids the side view, scaled to the mean norm of items with interactions.
 * @returns null where every item has interactions
 */
export function coldItems(
  { device, data }: PartContext,
  { dimensions, columns, readoutScale }: { dimensions: number; columns: number; readoutScale: number },
): ColdItems | null {
  const { items, train } = data;
  const bought = new Uint8Array(items);
  for (let user = 0; user < data.users; user++) for (const item of itemsOf(train, user)) bought[item] = 1;
  const warm = bought.reduce((sum, one) => sum + one, 0);
  if (warm === items || warm === 0) return null;
  const mask = (width: number, ofWarm: number, ofCold: number) => {
    const rows = matrix(items, width);
    for (let item = 0; item < items; item++) {
      rows.data.fill(bought[item] ? ofWarm : ofCold, item * width, (item + 1) * width);
    }
    return constant(device, rows, 'rows of cold items');
  };
  const others = columns - dimensions;
  const scales = others === 0 ? null : mask(others, 1, readoutScale);
  const ofWarm = mask(dimensions, 1, 0);
  const ofCold = mask(dimensions, 0, 1);
  /** Mean norm of the rows of items with interactions. */
  const normOf = (rows: Tensor): number => {
    const values = rows.read();
    let sum = 0;
    for (let item = 0; item < items; item++) {
      if (!bought[item]) continue;
      let squares = 0;
      for (let n = item * dimensions; n < (item + 1) * dimensions; n++) squares += values[n] ** 2;
      sum += Math.sqrt(squares);
    }
    return sum / warm;
  };
  return (tape, rows, { side, behaviour }) => {
    const length = normOf(side.items);
    const ratio = length === 0 ? 0 : normOf(behaviour.items) / length;
    const own = others === 0 ? rows : tape.columns(rows, others, dimensions);
    const view = tape.scale(tape.multiply(side.items, ofCold), 1 + ratio);
    const ids = tape.add(tape.multiply(own, ofWarm), view);
    return scales === null ? ids : tape.concatenate([tape.multiply(tape.columns(rows, 0, others), scales), ids]);
  };
}
