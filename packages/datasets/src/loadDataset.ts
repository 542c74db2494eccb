import type { Log } from '@agentmmrec/core';
import type { AssemblyChoices } from './assemble/choices.js';
import type { Dataset } from './contract.js';
import { findSource, type SourceOptions } from './dataSource.js';
import { sealDataset } from './dataset/sealedTest.js';

/** How to read a data set. */
export interface LoadOptions extends AssemblyChoices, SourceOptions {
  readonly log: Log;
}

/**
 * Loads a data set from a path, or by its name among the workspace's prepared data sets (see `findSource`). The test split comes
 * sealed; openings are logged in the workspace.
 * @throws AmrError input: nothing there, no known format, damage (with file and line), an option that does not fit
 */
export async function loadDataset(pathOrName: string, options: LoadOptions): Promise<Dataset> {
  const parts = await findSource(pathOrName, options).read(options);
  const { report, name } = parts;
  const { train, validation, test } = report.interactions;
  options.log.info(
    `${name}: ${report.users} users, ${report.items} items, ${train} training, ${validation} validation, ${test} test interactions`,
  );
  for (const remark of report.remarks) options.log.info(`${name}: ${remark}`);
  return sealDataset(parts, options.workspace);
}
