import { choice, type Matrix, matrix } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';

/**
 * Features [items, width] with columns of mean 0 and variance 1, divided by sqrt(width) so that rows have length about 1.
 * Encoders leave a large common part in every row (TikTok's image rows share over 90 % of their length); it hides what
 * tells items apart, from the cosines of the raw graphs and from a projection that starts at random.
 * A column that never varies becomes 0. Two passes in float64; the input is left alone.
 */
export function standardizeColumns({ rows, cols, data }: Matrix): Matrix {
  const means = new Float64Array(cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) means[c] += data[r * cols + c] / rows;
  const variances = new Float64Array(cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) variances[c] += (data[r * cols + c] - means[c]) ** 2 / rows;
  }
  // Below this share of the column's own size a deviation is rounding, not information.
  const scales = variances.map((v, c) => (Math.sqrt(v) > 1e-6 * Math.abs(means[c]) ? 1 / Math.sqrt(v * cols) : 0));
  const out = matrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out.data[r * cols + c] = (data[r * cols + c] - means[c]) * scales[c];
  }
  return out;
}

/** The option that says which. */
export function featureScaleOption(byDefault: 'standard' | 'none') {
  return choice(byDefault, ['standard', 'none'], 'features with columns of mean 0 and variance 1, or as they came');
}

/** The features as a model uses them: standardised, or as they came. */
export function scaleFeatures(features: readonly Features[], scale: 'standard' | 'none'): readonly Features[] {
  if (scale === 'none') return features;
  return features.map((one) => ({ ...one, matrix: standardizeColumns(one.matrix) }));
}
