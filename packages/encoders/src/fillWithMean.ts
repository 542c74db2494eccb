import { type Matrix, matrixRow } from '@agentmmrec/core';

/** Gives the named rows the mean of all others; zero when there are no others. */
export function fillWithMean(rows: Matrix, missing: readonly number[]): void {
  const isMissing = new Set(missing);
  const present = rows.rows - isMissing.size;
  if (isMissing.size === 0 || present === 0) return;
  const mean = new Float64Array(rows.cols);
  for (let row = 0; row < rows.rows; row++) {
    if (isMissing.has(row)) continue;
    for (let col = 0; col < rows.cols; col++) mean[col] += rows.data[row * rows.cols + col] / present;
  }
  for (const row of isMissing) matrixRow(rows, row).set(mean);
}
