import { AmrError, type Matrix } from '@agentmmrec/core';

/**
 * The rows that an encoder made, where all of them are numbers.
 * @param encoder its name
 * @throws AmrError input: NaN or infinity, with the place of the first
 */
export function finiteRows(rows: Matrix, encoder: string): Matrix {
  const at = rows.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return rows;
  throw new AmrError({
    what: `encoder ${encoder}`,
    got: `${rows.data[at]} at place ${at % rows.cols} of vector ${Math.floor(at / rows.cols)} (counted from 0)`,
    expected: 'finite numbers',
    hint: 'the model overflows or is damaged: use its full precision, or another model; nothing was kept',
  });
}
