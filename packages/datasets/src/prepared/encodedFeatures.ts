import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  AmrError,
  digest,
  fileError,
  fromArrow,
  type Matrix,
  readArrowFile,
  readSigned,
  signed,
  toArrow,
  writeArrowFile,
  writeFileAtomic,
} from '@agentmmrec/core';
import { Table } from 'apache-arrow';
import type { Features, ItemContent, TrainingData } from '../contract.js';
import { type DatasetParts, withFingerprint } from '../dataset/datasetParts.js';
import { digestImages } from '../dataset/imageDigests.js';
import { column, textColumn } from '../files/arrowColumns.js';

const format = 'agentmmrec-encoded';
/** Raised when the files change their meaning. */
const version = 2;
/** Without a digest of the manifest. */
const earlierVersion = 1;
const manifestName = 'encoded.json';

/** What an encoder made of the items' content. */
export interface EncodedFeatures {
  /** `text` or `image` */
  readonly modality: string;
  /** name of the encoder */
  readonly encoder: string;
  /** [items, width] */
  readonly matrix: Matrix;
}

/** `encoded.json`, written last: without it the folder is not whole. */
interface Manifest {
  readonly format: typeof format;
  readonly version: typeof version | typeof earlierVersion;
  readonly items: number;
  /** of ids, words and image bytes: features belong to these items and no others */
  readonly contentDigest: string;
  readonly features: readonly {
    readonly modality: string;
    readonly encoder: string;
    readonly file: string;
    readonly digest: string;
  }[];
}

/**
 * Writes `<modality>.arrow` (columns `id`, the data set's own, and `features`, a list of float32) and `encoded.json`, which ties
 * them to the items: `LoadOptions.encoded` takes the folder.
 * @returns paths of the Arrow files
 * @throws AmrError input or failed: what the system said
 */
export async function writeEncodedFeatures(
  folder: string,
  { itemIds, content }: Pick<TrainingData, 'itemIds' | 'content'>,
  encoded: readonly EncodedFeatures[],
): Promise<string[]> {
  const id = textColumn(itemIds);
  const features = encoded.map(({ modality, encoder, matrix }) => {
    const file = `${modality}.arrow`;
    writeArrowFile(join(folder, file), new Table({ id, features: toArrow(matrix) }));
    return { modality, encoder, file, digest: digest(readFileSync(join(folder, file))) };
  });
  const contentDigest = contentDigestOf(itemIds, content, await digestImages(content));
  const manifest: Manifest = { format, version, items: itemIds.length, contentDigest, features };
  writeFileAtomic(join(folder, manifestName), `${JSON.stringify(signed(manifest), null, 2)}\n`);
  return features.map(({ file }) => join(folder, file));
}

/**
 * The parts with what `encode` made of them; it takes the place of features of the same name.
 * @throws AmrError input: no such folder, damage, or features of other items
 */
export function attachEncodedFeatures(parts: DatasetParts, folder: string): DatasetParts {
  const manifest = readManifest(folder);
  const { itemIds, content, imageDigests } = parts;
  if (manifest.contentDigest !== contentDigestOf(itemIds, content, imageDigests)) {
    throw new AmrError({
      what: `encoded features in ${folder}`,
      got: `features of ${manifest.items} items with other ids, words or images`,
      expected: `features of the ${itemIds.length} items of ${parts.name}`,
      hint: 'encode this data set, with the same filters: agentmmrec encode --data ... --out FOLDER',
    });
  }
  const remarks = [...parts.report.remarks];
  const made = manifest.features.map(({ modality, encoder, file, digest: expected }): Features => {
    const path = join(folder, file);
    const matrix = readChecked(path, expected);
    remarks.push(`${modality} features of width ${matrix.cols} encoded by ${encoder}`);
    return { modality, matrix, synthetic: false };
  });
  const others = parts.features.filter(({ modality }) => !made.some((feature) => feature.modality === modality));
  return withFingerprint({ ...parts, features: [...others, ...made], report: { ...parts.report, remarks } });
}

function contentDigestOf(
  itemIds: readonly string[],
  content: readonly ItemContent[] | null,
  imageDigests: readonly (string | null)[] | null,
): string {
  const words = content?.map(({ title, brand, categories, description }) => [title, brand, categories, description]);
  return digest({ itemIds, words: words ?? null, imageDigests });
}

function readManifest(folder: string): Manifest {
  const path = join(folder, manifestName);
  try {
    const { state, content } = readSigned<Manifest>(path) ?? { state: 'unsigned', content: {} };
    if (state === 'changed') throw damaged(path, 'other content than was written');
    const { features } = content;
    const hasFiles =
      Array.isArray(features) &&
      features.every((one) => typeof one?.file === 'string' && basename(one.file) === one.file);
    const isKnown = content.format === format && content.version === (state === 'whole' ? version : earlierVersion);
    if (isKnown && hasFiles) return content as Manifest;
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  throw damaged(path, 'a file of another kind or version');
}

function readChecked(path: string, expected: string): Matrix {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  if (digest(bytes) !== expected) throw damaged(resolve(path), 'other bytes than were written');
  return fromArrow(column(readArrowFile(path), 'features', path));
}

function damaged(what: string, got: string): AmrError {
  return new AmrError({
    what,
    got,
    expected: 'what agentmmrec encode writes',
    hint: 'encode the data set again: what was done already is kept in the workspace',
  });
}
