import { constant, type Tape, type Tensor } from '@agentmmrec/autograd';
import { AmrError, matrix } from '@agentmmrec/core';
import type { PartContext } from '../contract/model.js';
import { rowTable } from '../parts/tables.js';

/** Attention between views of the same rows; see `viewAttention`. */
export interface ViewAttention {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** [n, d] from views [n, d] */
  apply(tape: Tape, views: readonly Tensor[]): Tensor;
}

/**
 * Multi-head attention by rows (Vaswani et al. 2017, section 3.2) between views x_m [n, d], the mean over m of
 * [sum_m' s_hmm' x_m' of every head h side by side] W, with s_hmm' the softmax over m' of (x_m Q)_h . (x_m' K)_h / sqrt(d / heads).
 * `weighs` off: s is 1 for m' = m, and nothing passes between the views.
 * @throws AmrError input when the heads do not divide the width
 */
export function viewAttention(
  context: PartContext,
  name: string,
  { d, heads, weighs }: { readonly d: number; readonly heads: number; readonly weighs: boolean },
): ViewAttention {
  if (d % heads !== 0) throw unevenHeads(d, heads);
  const width = d / heads;
  const table = (of: string, rows: number) => rowTable(context, `${name}.${of}`, rows, d, 'xavierUniform');
  const [queries, keys] = [table('queries', d), table('keys', d)];
  const output = table('output', heads * d);
  const headOf = matrix(d, heads); // [d, heads]: sums the columns of each head
  for (let column = 0; column < d; column++) headOf.data[column * heads + Math.floor(column / width)] = 1;
  const sums = constant(context.device, headOf, 'columns of heads');

  /** [n * heads, views]: the mean over m of s_hmm'. */
  const meanShares = (tape: Tape, views: readonly Tensor[]): Tensor => {
    const k = views.map((view) => tape.gemm(view, keys));
    const [first, ...others] = views.map((view) => {
      const q = tape.scale(tape.gemm(view, queries), 1 / Math.sqrt(width));
      const logits = k.map((of) => tape.reshape(tape.gemm(tape.multiply(q, of), sums), view.rows * heads, 1));
      return tape.softmaxRows(tape.concatenate(logits as [Tensor, ...Tensor[]]));
    });
    return tape.scale(tape.total([first, ...others]), 1 / views.length);
  };
  return {
    parameters: Object.fromEntries([...(weighs ? [queries, keys] : []), output].map((tensor) => [tensor.name, tensor])),
    apply: (tape, views) => {
      const [first, ...rest] = views;
      const side = (of: Tensor[]) => tape.gemm(tape.concatenate(of as [Tensor, ...Tensor[]]), output);
      if (!weighs) return side(Array(heads).fill(tape.scale(tape.total([first, ...rest]), 1 / views.length)));
      const shares = meanShares(tape, views);
      const byView = views.map((view, m) => tape.reshape(tape.columns(shares, m, 1), view.rows, heads));
      return side(
        Array.from({ length: heads }, (_, h) => {
          const [start, ...more] = views.map((view, m) => tape.scaleRows(view, tape.columns(byView[m], h, 1)));
          return tape.total([start, ...more]);
        }),
      );
    },
  };
}

function unevenHeads(d: number, heads: number): AmrError {
  return new AmrError({
    what: 'option "heads"',
    got: `${heads} heads for ${d} dimensions`,
    expected: 'heads that divide the dimensions',
    hint: `try --heads 1, or dimensions that are a multiple of ${heads}`,
  });
}
