import { type Csr, transpose } from '@agentmmrec/core';

/**
 * For each row of `a` the other rows that have an entry in a column of it: visit(row, others, counts), where counts[other] [rows] is
 * the number of columns in common, and valid in the visit only. One row of counts is held at a time; work is the number of shared
 * pairs.
 */
export function forCoOccurrences(a: Csr, visit: (row: number, others: Int32Array, counts: Int32Array) => void): void {
  const columns = transpose({ ...a, values: null });
  const counts = new Int32Array(a.rows);
  const touched = new Int32Array(a.rows);
  for (let row = 0; row < a.rows; row++) {
    let length = 0;
    for (let e = a.offsets[row]; e < a.offsets[row + 1]; e++) {
      const column = a.indices[e];
      for (let c = columns.offsets[column]; c < columns.offsets[column + 1]; c++) {
        const other = columns.indices[c];
        if (other !== row && counts[other]++ === 0) touched[length++] = other;
      }
    }
    const others = touched.subarray(0, length);
    visit(row, others, counts);
    for (const other of others) counts[other] = 0;
  }
}
