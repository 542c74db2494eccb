import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Interactions } from '@agentmmrec/datasets';

/** [userIds.length, items]: the users' rows of the interactions as zeros and ones, until the step ends. */
export function interactionRows(
  tape: Tape,
  { items, offsets, itemIds }: Interactions,
  userIds: ArrayLike<number>,
): Tensor {
  const places: number[] = [];
  for (let row = 0; row < userIds.length; row++) {
    for (let e = offsets[userIds[row]]; e < offsets[userIds[row] + 1]; e++) places.push(row * items + itemIds[e]);
  }
  const rows = tape.filled([userIds.length, items], 0);
  if (places.length === 0) return rows;
  const each = Int32Array.from({ length: places.length + 1 }, (_, place) => place);
  tape.device.kernels.scatterRows({
    out: rows.data,
    rows: tape.filled([places.length, 1], 1).data,
    order: tape.ints(each.subarray(0, places.length)),
    segmentOffsets: tape.ints(each),
    segmentIds: tape.ints(Int32Array.from(places)),
    d: 1,
  });
  return rows;
}
