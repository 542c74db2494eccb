import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Batch } from '../contract/data.js';

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
    const distinct = Int32Array.from(new Set(tape.device.read(batch.positives))).sort();
    const ids = tape.ints(distinct);
    const targets = tape.ints(distinct.map((_, i) => i));
    for (const { a, b } of pairs) {
      const [rowsA, rowsB] = [a, b].map((modality) => tape.normalizeRows(tape.gatherRows(modality, ids)));
      losses.push(tape.scale(tape.infonce(rowsA, rowsB, targets, options.temperature), options.infonce));
    }
  }
  if (options.alignment > 0) {
    for (const { a, b } of pairs) losses.push(tape.scale(tape.distributionDistance(a, b), options.alignment));
  }
  return losses;
}
