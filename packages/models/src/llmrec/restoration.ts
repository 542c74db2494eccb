import { constant, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { Matrix } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import type { PartContext } from '../contract/model.js';
import type { Linear } from '../parts/linear.js';

/** Rows of knowledge of which a step hides some, to be restored from what was propagated (LLMRec, Wei et al. 2024, eq. 12). */
export interface MaskedRows {
  /** the rows as a step sees them, [rows, width]; as they are where nothing is hidden */
  seen(tape: Tape, hidden: Ints | null): Tensor;
  /** [1, 1]: mean over hidden rows of (1 - cosine of their decoded representation and themselves)^2 */
  loss(tape: Tape, hidden: Ints, decoder: Linear, represented: Tensor): Tensor;
}

/** Hidden rows are replaced by the mean of all. */
export function maskedRows({ device }: PartContext, rows: Matrix, name: string): MaskedRows {
  const values = constant(device, rows, name);
  return {
    seen: (tape, hidden) => {
      if (hidden === null) return values;
      const mask = tape.filled([rows.rows, 1], 0);
      const marks = new Float32Array(rows.rows);
      for (const row of device.read(hidden)) marks[row] = 1;
      device.write(mask.data, marks);
      const left = tape.scaleRows(values, tape.unary(tape.scale(mask, -1), 'shift', 1));
      return tape.add(left, tape.gemm(mask, tape.columnMeans(values)));
    },
    loss: (tape, hidden, decoder, represented) => {
      const decoded = tape.unary(decoder.apply(tape, tape.gatherRows(represented, hidden)), 'leakyRelu');
      const own = tape.normalizeRows(tape.gatherRows(values, hidden));
      const cosines = tape.rowDot(tape.normalizeRows(decoded), own);
      return tape.mean(tape.unary(tape.unary(tape.scale(cosines, -1), 'shift', 1), 'square'));
    },
  };
}

/** A part of `count` rows, at least one, drawn without replacement: ascending ids until the step ends. */
export function hiddenRows(tape: Tape, count: number, part: number, name: string): Ints {
  const all = Array.from({ length: count }, (_, row) => row);
  const drawn = tape.stream(name).sample(all, Math.max(1, Math.floor(count * part)));
  return tape.ints(Int32Array.from(drawn).sort());
}
