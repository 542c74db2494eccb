import type { Tape, Tensor } from '@agentmmrec/autograd';

/** [1, 1]: mean over the rows of -log(exp(a_i . b_i / t) / sum_j exp(a_i . b_j / t)), a and b [batch, d] as they come. */
export function inBatchInfonce(tape: Tape, a: Tensor, b: Tensor, temperature: number): Tensor {
  const own = tape.ints(Int32Array.from({ length: a.rows }, (_, row) => row));
  return tape.infonce(a, b, own, temperature);
}
