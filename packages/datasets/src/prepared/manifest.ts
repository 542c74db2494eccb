import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, digest, fileError, isTemporaryName } from '@agentmmrec/core';
import type { AssemblyChoices, SplitName } from '../assemble/choices.js';
import type { DatasetReport } from '../contract.js';

/** Raised when the files of a prepared data set change their meaning. */
export const preparedVersion = 1;
export const preparedFormat = 'agentmmrec-dataset';

/** `manifest.json` of a prepared data set. */
export interface PreparedManifest {
  readonly format: typeof preparedFormat;
  readonly version: number;
  readonly name: string;
  readonly fingerprint: string;
  /** digest of the three splits together with the fingerprint: equal for equal data, split included */
  readonly contentDigest: string;
  readonly options: PreparedOptions;
  readonly report: DatasetReport;
  readonly hasContent: boolean;
  readonly features: readonly { readonly modality: string; readonly synthetic: boolean; readonly file: string }[];
  /** SHA-256 of each Arrow file */
  readonly files: Readonly<Record<string, string>>;
  /** digest of all the above */
  readonly manifestDigest: string;
}

/** Digest of everything in the manifest but itself. */
export function manifestDigestOf(manifest: Omit<PreparedManifest, 'manifestDigest'>): string {
  const { manifestDigest: _, ...rest } = manifest as PreparedManifest;
  return digest(rest);
}

/** The choices a data set was prepared with, null where the default was taken, under the names that version 1 of the file has. */
export interface PreparedOptions {
  readonly seed: AssemblyChoices['splitSeed'];
  readonly split: SplitName | null;
  readonly minRating: number | null;
  readonly kCore: number | null;
  /** absent in data prepared before there was a choice: all of them */
  readonly trainingItems?: number | null;
  readonly features: string | null;
}

/** Whether the folder is a prepared data set. */
export function isPrepared(folder: string): boolean {
  return existsSync(join(folder, 'manifest.json')) && existsSync(join(folder, 'train.arrow'));
}

/** Names of the workspace's prepared data sets, sorted. */
export function preparedNames(workspace: string): string[] {
  const folder = join(workspace, 'datasets');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !isTemporaryName(name) && isPrepared(join(folder, name)))
    .sort();
}

/** The manifest. @throws AmrError input: not JSON, or of another version */
export function readManifest(folder: string): PreparedManifest {
  const path = join(folder, 'manifest.json');
  let manifest: Partial<PreparedManifest>;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<PreparedManifest>;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw damaged(path, 'a manifest that is not JSON');
    throw fileError(`reading ${path}`, cause);
  }
  if (manifest?.format !== preparedFormat || manifest.version !== preparedVersion) {
    throw new AmrError({
      what: path,
      got: `format ${JSON.stringify(manifest?.format)}, version ${JSON.stringify(manifest?.version)}`,
      expected: `${preparedFormat}, version ${preparedVersion}`,
      hint: 'prepare the data set again with this version',
    });
  }
  if (manifest.manifestDigest !== manifestDigestOf(manifest as PreparedManifest)) {
    throw damaged(path, 'a manifest that was changed');
  }
  return manifest as PreparedManifest;
}

/** @internal A prepared folder whose files are not what was written. */
export function damaged(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'the files as they were prepared',
    hint: 'the prepared data set is damaged; delete its folder and prepare it again',
  });
}
