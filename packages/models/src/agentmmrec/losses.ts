import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Ints } from '@agentmmrec/kernels';
import type { Batch } from '../contract/data.js';
import { infonceOfEntities } from '../parts/losses/contrast.js';
import { meanSquare } from '../parts/losses/regulariser.js';
import type { Block } from './blocks.js';
import type { AgentmmrecOptions } from './options.js';
import type { Contrasts, SideViews } from './views.js';

/**
 * The optional losses between the items' parts [items, dimensions] of each two modality blocks, weighted; none when the weights
 * are 0 or there is one modality only.
 * - InfoNCE (van den Oord et al. 2018) over the distinct positive items of the batch: an item's unit row in one modality
 *   against all in the other.
 * - Alignment: distances of column means and variances over all items.
 */
export function modalityLosses(
  tape: Tape,
  modalities: readonly Tensor[],
  batch: Batch,
  options: { infonce: number; temperature: number; alignment: number },
): Tensor[] {
  const losses: Tensor[] = [];
  const pairs = modalities.flatMap((a, i) => modalities.slice(i + 1).map((b) => ({ a, b })));
  if (options.infonce > 0 && pairs.length > 0) {
    for (const { a, b } of pairs) {
      losses.push(tape.scale(infonceOfEntities(tape, a, b, batch.positives, options.temperature), options.infonce));
    }
  }
  if (options.alignment > 0) {
    for (const { a, b } of pairs) losses.push(tape.scale(tape.distributionDistance(a, b), options.alignment));
  }
  return losses;
}

/**
 * InfoNCE of the side views against the propagated ids, over the batch's distinct items and users (SMORE eq. 22, 23), of its first
 * `alignmentRows` triples where it has more: their order is random, and the pairs grow with the square.
 */
export function viewAlignment(
  tape: Tape,
  { behaviour, side }: Contrasts,
  { positives, users }: Batch,
  { viewAlignment: weight, alignmentRows, temperature }: AgentmmrecOptions,
): Tensor[] {
  if (weight === 0) return [];
  const aligned = (ids: Ints) =>
    alignmentRows > 0 && alignmentRows < ids.length ? ids.subarray(0, alignmentRows) : ids;
  return [
    infonceOfEntities(tape, side.items, behaviour.items, aligned(positives), temperature),
    infonceOfEntities(tape, side.users, behaviour.users, aligned(users), temperature),
  ].map((term) => tape.scale(term, weight));
}

/** `l2` times the mean square of the batch's rows of each block with trainable ones, `projectionL2` times the squared norm of each projection's matrices. */
export function regularisers(
  tape: Tape,
  blocks: readonly Block[],
  views: SideViews | null,
  batch: Batch,
  { l2, projectionL2 }: AgentmmrecOptions,
): Tensor[] {
  const matrices = projectionL2 === 0 ? [] : [...blocks, ...(views ? [views] : [])].flatMap(({ weights }) => weights);
  return [
    ...blockRegularisers(tape, blocks, batch).map((term) => tape.scale(term, l2)),
    ...matrices.map((matrix) => tape.squaredNorm(matrix, projectionL2)),
  ];
}

function blockRegularisers(tape: Tape, blocks: readonly Block[], batch: Batch): Tensor[] {
  return blocks.flatMap(({ trainable: { users, items } }) => {
    const rows: Tensor[] = [];
    if (users) rows.push(tape.gatherRows(users.table, batch.users, users.from));
    if (items) {
      rows.push(tape.gatherRows(items.table, batch.positives, items.from));
      rows.push(tape.gatherRows(items.table, batch.negatives, items.from));
    }
    const [first, ...others] = rows;
    return first ? [meanSquare(tape, [first, ...others])] : [];
  });
}
