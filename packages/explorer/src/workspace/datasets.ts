import { statSync } from 'node:fs';
import { join } from 'node:path';
import { preparedNames, readPreparedManifest } from '@agentmmrec/datasets';
import { FileCache } from './fileCache.js';

/** A prepared data set in one line. What cannot be read is null, with the problem in words. */
export interface PreparedSummary {
  readonly name: string;
  readonly fingerprint: string | null;
  readonly users: number | null;
  readonly items: number | null;
  readonly interactions: { readonly train: number; readonly validation: number; readonly test: number } | null;
  readonly hasContent: boolean | null;
  readonly features: readonly string[];
  readonly source: string | null;
  /** milliseconds since 1970 */
  readonly preparedAtMs: number | null;
  readonly remarks: readonly string[];
  readonly problem: string | null;
}

/** The prepared data sets of a workspace, counted without their interactions being read. */
export class PreparedDatasets {
  private readonly remembered = new FileCache<PreparedSummary>();

  constructor(private readonly workspace: string) {}

  list(): PreparedSummary[] {
    return preparedNames(this.workspace).map((name) => {
      const folder = join(this.workspace, 'datasets', name);
      const path = join(folder, 'manifest.json');
      return this.remembered.of(name, [path], () => read(name, folder, path));
    });
  }
}

function read(name: string, folder: string, path: string): PreparedSummary {
  try {
    const { fingerprint, report, hasContent, features } = readPreparedManifest(folder);
    const { users, items, interactions, source, remarks } = report;
    return {
      name,
      fingerprint,
      users,
      items,
      interactions,
      hasContent,
      features: features.map(({ modality, synthetic }) => (synthetic ? `${modality} (synthetic)` : modality)),
      source,
      preparedAtMs: statSync(path).mtimeMs,
      remarks,
      problem: null,
    };
  } catch (cause) {
    const unknown = { fingerprint: null, users: null, items: null, interactions: null, hasContent: null };
    const problem = (cause as Error).message;
    return { name, ...unknown, features: [], source: null, preparedAtMs: null, remarks: [], problem };
  }
}
