import { findSource } from '../dataSource.js';
import type { DatasetParts } from '../dataset/datasetParts.js';
import type { LoadOptions } from '../loadDataset.js';

/** As `loadDataset`, with the test split open. */
export async function readParts(pathOrName: string, options: LoadOptions): Promise<DatasetParts> {
  return await findSource(pathOrName, options).read(options);
}
