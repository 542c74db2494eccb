import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Triple } from '../contract/data.js';

/**
 * [1, 1]: -mean log2 sigmoid(sum_m a_m d_m) over the triples, with d_m the difference of the two scores in column block m of width d and
 * a_m = 1 - softmax_m(d), through which no gradient flows (COHESION, Xu et al. 2025, eq. 16, 17).
 */
export function blockLoss(tape: Tape, { user, positive, negative }: Triple<Tensor>, d: number): Tensor {
  const difference = tape.add(positive, negative, 1, -1);
  const [first, ...others] = Array.from({ length: user.cols / d }, (_, b) =>
    tape.rowDot(tape.columns(user, b * d, d), tape.columns(difference, b * d, d)),
  );
  const differences = tape.concatenate([first, ...others]); // [batch, blocks]
  const shares = tape.detach(tape.softmaxRows(differences));
  const ofAll = tape.rowDot(differences, tape.filled(differences.shape, 1));
  const weighted = tape.add(ofAll, tape.rowDot(differences, shares), 1, -1);
  return tape.scale(tape.mean(tape.logSigmoid(weighted)), -1 / Math.LN2);
}
