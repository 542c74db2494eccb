import type { Tape, Tensor } from '@agentmmrec/autograd';

/** [1, 1]: 1 minus the mean cosine of the rows of a and b [n, d]; a row of zeros has cosine 0. */
export function cosineDistance(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const cosines = tape.rowDot(tape.normalizeRows(a), tape.normalizeRows(b));
  return tape.unary(tape.scale(tape.mean(cosines), -1), 'shift', 1);
}
