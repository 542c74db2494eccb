import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Triple } from '../contract/data.js';

/** Which losses of a batch stay when a part of them is pruned. */
export type KeptLosses = 'smallest' | 'largest';

/**
 * [1, 1]: mean of -log sigmoid(u . i - u . j) over the part 1 - pruned of the triples, rounded down and at least one, whose losses are
 * smallest, or largest (LLMRec, Wei et al. 2024, eq. 11). Which they are is decided on the host; gradients reach the kept ones alone.
 */
export function prunedBpr(
  tape: Tape,
  { user, positive, negative }: Triple<Tensor>,
  { pruned, kept }: { readonly pruned: number; readonly kept: KeptLosses },
): Tensor {
  const differences = tape.rowDot(user, tape.add(negative, positive, 1, -1)); // [batch, 1]
  const losses = tape.unary(differences, 'softplus');
  const count = Math.max(1, Math.floor((1 - pruned) * losses.rows));
  if (count === losses.rows) return tape.mean(losses);
  const values = losses.read();
  const sign = kept === 'smallest' ? 1 : -1;
  const order = Array.from(values.keys()).sort((a, b) => sign * (values[a] - values[b]) || a - b);
  return tape.mean(tape.gatherRows(losses, tape.ints(Int32Array.from(order.slice(0, count)))));
}
