import { join } from 'node:path';
import { toArrow, writeArrowFile } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import { Table } from 'apache-arrow';

/**
 * Writes `<modality>.arrow` into the folder: one column `features`, a list of float32 for each item in the order of the data set.
 * @returns the paths
 */
export function writeFeatures(folder: string, features: readonly Features[]): string[] {
  return features.map(({ modality, matrix }) => {
    const path = join(folder, `${modality}.arrow`);
    writeArrowFile(path, new Table({ features: toArrow(matrix) }));
    return path;
  });
}
