import type { Entries, Tape, Tensor } from '@agentmmrec/autograd';
import type { Interactions } from '@agentmmrec/datasets';

/** Where the interactions stand in the users' rows [userIds.length, items], until the step ends. */
export function interactionPlaces(
  tape: Tape,
  { items, offsets, itemIds }: Interactions,
  userIds: ArrayLike<number>,
): Entries {
  const places: number[] = [];
  for (let row = 0; row < userIds.length; row++) {
    for (let e = offsets[userIds[row]]; e < offsets[userIds[row] + 1]; e++) places.push(row * items + itemIds[e]);
  }
  const each = Int32Array.from({ length: places.length + 1 }, (_, place) => place);
  return {
    count: places.length,
    order: tape.ints(each.subarray(0, places.length)),
    segmentOffsets: tape.ints(each),
    segmentIds: tape.ints(Int32Array.from(places)),
  };
}

/** [userIds.length, items]: the users' rows of the interactions as zeros and ones, until the step ends. */
export function interactionRows(tape: Tape, interactions: Interactions, userIds: ArrayLike<number>): Tensor {
  const rows = tape.filled([userIds.length, interactions.items], 0);
  const { count, ...segments } = interactionPlaces(tape, interactions, userIds);
  if (count === 0) return rows;
  tape.device.kernels.scatterRows({ out: rows.data, rows: tape.filled([count, 1], 1).data, ...segments, d: 1 });
  return rows;
}
