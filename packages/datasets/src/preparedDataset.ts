import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, digest, fileError, fromArrow, readArrowFile } from '@agentmmrec/core';
import { column, readPairs, readTextLists, readTexts } from './arrowColumns.js';
import type { DatasetReport, Features, ItemContent } from './contract.js';
import type { DatasetParts } from './datasetParts.js';
import { fingerprintOf } from './fingerprint.js';
import { findImageFile } from './imageFile.js';
import { buildInteractions } from './interactions.js';
import type { LoadOptions, SplitName } from './loadOptions.js';
import { attachSyntheticFeatures } from './syntheticFeatures.js';

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

/** The options a data set was prepared with. */
export interface PreparedOptions {
  readonly seed: number;
  readonly split: SplitName | null;
  readonly minRating: number | null;
  readonly kCore: number | null;
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
    .filter((name) => !name.endsWith('.tmp') && isPrepared(join(folder, name)))
    .sort();
}

/**
 * Reads a prepared data set; every file is checked against the manifest.
 * @throws AmrError input: damage, another version, or options that contradict those it was prepared with
 */
export function readPrepared(folder: string, options: Omit<LoadOptions, 'workspace' | 'log'>): DatasetParts {
  const manifest = readManifest(folder);
  refuseOtherOptions(manifest, options);
  const table = (file: string) => readChecked(folder, file, manifest);
  const path = (file: string) => join(folder, file);
  const userIds = readTexts(table('users.arrow'), 'id', path('users.arrow')).map(String);
  const items = table('items.arrow');
  const itemIds = readTexts(items, 'id', path('items.arrow')).map(String);
  const split = (file: string) => buildInteractions(userIds.length, itemIds.length, readPairs(table(file), path(file)));
  const images = manifest.hasContent ? readTexts(items, 'image', path('items.arrow')) : null;
  const content = images && readContent(folder, items, images);
  const prepared = manifest.features.map(
    ({ modality, synthetic, file }): Features => ({
      modality,
      synthetic,
      matrix: fromArrow(column(table(file), 'features', path(file))),
    }),
  );
  const remarks = [...manifest.report.remarks];
  const wanted = manifest.options.features === null ? options.features : undefined;
  const added = { seed: options.seed, ...(wanted === undefined ? {} : { features: wanted }) };
  const parts: DatasetParts = {
    name: manifest.name,
    userIds,
    itemIds,
    train: split('train.arrow'),
    validation: split('validation.arrow'),
    test: split('test.arrow'),
    content,
    imageDigests: images?.map((image) => (image === null ? null : imageDigestOf(image))) ?? null,
    features: attachSyntheticFeatures(prepared, itemIds.length, added, remarks),
    report: { ...manifest.report, remarks },
  };
  if (wanted === undefined && fingerprintOf(parts) !== manifest.fingerprint) {
    throw damaged(path('manifest.json'), 'a fingerprint of other data');
  }
  return parts;
}

/** Images are named by their digest. */
function imageDigestOf(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).split('.')[0];
}

function readContent(
  folder: string,
  items: ReturnType<typeof readArrowFile>,
  images: (string | null)[],
): ItemContent[] {
  const path = join(folder, 'items.arrow');
  const titles = readTexts(items, 'title', path);
  const brands = readTexts(items, 'brand', path);
  const categories = readTextLists(items, 'categories', path);
  const descriptions = readTexts(items, 'description', path);
  const root = realpathSync(folder);
  return images.map((image, item) => ({
    title: titles[item] ?? '',
    brand: brands[item] ?? '',
    categories: categories[item],
    description: descriptions[item] ?? '',
    imagePath: image === null ? null : preparedImage(root, image, path),
  }));
}

/** A prepared folder may come from somebody else: what it names as an image is sent to a model, so it must lie inside. */
function preparedImage(root: string, image: string, where: string): string {
  const file = findImageFile(root, image, where);
  if (file.path !== null) return file.path;
  throw damaged(join(root, image), file.reason === 'missing' ? 'no such file' : `an image ${file.reason}`);
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

function readChecked(folder: string, file: string, manifest: PreparedManifest): ReturnType<typeof readArrowFile> {
  const path = join(folder, file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  if (digest(bytes) !== manifest.files?.[file]) throw damaged(path, 'other bytes than were written');
  return readArrowFile(path);
}

function refuseOtherOptions(manifest: PreparedManifest, options: Omit<LoadOptions, 'workspace' | 'log'>): void {
  const fixed = manifest.options;
  const refuse = (name: string, got: unknown, was: unknown) => {
    if (got === undefined || got === was) return;
    throw new AmrError({
      what: `prepared data set ${manifest.name}, option ${name}`,
      got: JSON.stringify(got),
      expected: was === null ? 'nothing: it was prepared with the default' : JSON.stringify(was),
      hint: 'leave the option out, or prepare the data under another name',
    });
  };
  refuse('split', options.split, fixed.split);
  refuse('minRating', options.minRating, fixed.minRating);
  refuse('kCore', options.kCore, fixed.kCore);
  if (fixed.features !== null) refuse('features', options.features, fixed.features);
}

function damaged(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'the files as they were prepared',
    hint: 'the prepared data set is damaged; delete its folder and prepare it again',
  });
}
