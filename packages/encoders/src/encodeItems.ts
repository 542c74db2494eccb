import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { AmrError, type ArtifactStore, digest, fileError, type Matrix, matrix, matrixRow } from '@agentmmrec/core';
import type { Features, ItemContent, TrainingData } from '@agentmmrec/datasets';
import type { ImageEncoder, TextEncoder } from './encoder.js';
import { fillWithMean } from './fillWithMean.js';
import { finiteRows } from './finiteRows.js';
import { readMatrix, writeMatrix } from './matrixFile.js';

/** Raised when the files of the stage change their meaning. */
const stageVersion = 1;

/** The encoders of both kinds of content. */
export interface ItemEncoders {
  readonly text: TextEncoder;
  readonly image: ImageEncoder;
}

/** Features of all items, and what was done to get them. */
export interface EncodedItems {
  /** the data set's own features, then `text` and `image` encoded from content where it has none of that name */
  readonly features: readonly Features[];
  /** what was encoded, skipped or filled, each one sentence */
  readonly remarks: readonly string[];
}

/** The text of an item for the encoder: title, brand, categories, description; line ends become spaces, absent parts nothing. */
export function itemText({ title, brand, categories, description }: ItemContent): string {
  return [title, brand, categories.join(' '), description]
    .filter((part) => part !== '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * Encodes what content the items have. A modality without any content is skipped; so is one that came with ready-made features.
 * Kept as artifacts under the digests of encoder and content: equal content is encoded once.
 * @throws AmrError failed: an artifact cannot be written; input: one was damaged
 */
export async function encodeItems(
  training: TrainingData,
  encoders: ItemEncoders,
  store: ArtifactStore,
): Promise<EncodedItems> {
  const { content } = training;
  if (content === null) return { features: training.features, remarks: [] };
  const features: Features[] = [...training.features];
  const remarks: string[] = [];
  const has = (modality: string) => training.features.some((feature) => feature.modality === modality);
  if (!has('text')) {
    const encoded = await encodeText(content, encoders.text, store, remarks);
    if (encoded) features.push({ modality: 'text', matrix: encoded, synthetic: false });
  }
  if (!has('image')) {
    const encoded = await encodeImages(content, encoders.image, store, remarks);
    if (encoded) features.push({ modality: 'image', matrix: encoded, synthetic: false });
  }
  return { features, remarks };
}

async function encodeText(
  content: readonly ItemContent[],
  encoder: TextEncoder,
  store: ArtifactStore,
  remarks: string[],
): Promise<Matrix | null> {
  const texts = content.map(itemText);
  const empty = texts.filter((text) => text === '').length;
  if (empty === texts.length) {
    remarks.push('no item has text: text features are absent');
    return null;
  }
  if (empty > 0) remarks.push(`${empty} of ${texts.length} items have no text: their text features are zero`);
  const inputs = { modality: 'text', encoder: encoder.digest, texts: digest(texts) };
  const artifact = await store.get({ stage: 'features', stageVersion, inputs }, async (folder) => {
    writeMatrix(join(folder, 'features.arrow'), finiteRows(await encoder.encode(texts), encoder.id));
    return { encoder: encoder.id };
  });
  return readMatrix(join(artifact.folder, 'features.arrow'));
}

async function encodeImages(
  content: readonly ItemContent[],
  encoder: ImageEncoder,
  store: ArtifactStore,
  remarks: string[],
): Promise<Matrix | null> {
  const paths = content.map((item) => item.imagePath);
  const missing = paths.filter((path) => path === null).length;
  if (missing === paths.length) {
    remarks.push('no item has an image: image features are absent');
    return null;
  }
  const images = await digestFiles(paths);
  const inputs = { modality: 'image', encoder: encoder.digest, images: digest(images) };
  const artifact = await store.get({ stage: 'features', stageVersion, inputs }, async (folder) => {
    const { matrix: rows, failed } = await encodeDistinct(paths, images, encoder);
    writeMatrix(join(folder, 'features.arrow'), finiteRows(rows, encoder.id));
    return { encoder: encoder.id, failed };
  });
  const failed = (artifact.manifest.failed as { item: number; reason: string }[] | undefined) ?? [];
  if (missing > 0) remarks.push(`${missing} of ${paths.length} items have no image: they get the mean of the others`);
  if (failed.length > 0) {
    remarks.push(
      `${failed.length} images cannot be decoded, their items get the mean of the others; the first: ${failed[0].reason}`,
    );
  }
  return readMatrix(join(artifact.folder, 'features.arrow'));
}

/** Each distinct image once; items without a readable image get the mean over the items that have one. */
async function encodeDistinct(
  paths: readonly (string | null)[],
  images: readonly (string | null)[],
  encoder: ImageEncoder,
): Promise<{ matrix: Matrix; failed: { item: number; reason: string }[] }> {
  const places = new Map<string, number>();
  const distinct: string[] = [];
  images.forEach((image, item) => {
    const path = paths[item];
    if (image === null || path === null || places.has(image)) return;
    places.set(image, distinct.length);
    distinct.push(path);
  });
  const encoded = await encoder.encode(distinct);
  const reasons = new Map(encoded.failed.map(({ index, reason }) => [index, reason]));
  const rows = matrix(paths.length, encoder.width);
  const failed: { item: number; reason: string }[] = [];
  const unfilled: number[] = [];
  images.forEach((image, item) => {
    const place = image === null ? undefined : places.get(image);
    const reason = place === undefined ? undefined : reasons.get(place);
    if (reason !== undefined) failed.push({ item, reason });
    if (place === undefined || reason !== undefined) unfilled.push(item);
    else matrixRow(rows, item).set(matrixRow(encoded.matrix, place));
  });
  fillWithMean(rows, unfilled);
  return { matrix: rows, failed };
}

/** The pictures of a prepared data set are named by what they hold; those of other folders may bear any name. */
function isChanged(path: string, found: string | null): boolean {
  const { name, dir } = parse(path);
  return /^[0-9a-f]{64}$/.test(name) && name !== found && existsSync(join(dir, '..', 'train.arrow'));
}

function changed(path: string): AmrError {
  return new AmrError({
    what: path,
    got: 'other bytes than its name says',
    expected: 'the picture as it was prepared',
    hint: 'the prepared data set is damaged; delete its folder and prepare it again',
  });
}

async function digestFiles(paths: readonly (string | null)[]): Promise<(string | null)[]> {
  const digests: (string | null)[] = [];
  for (const path of paths) {
    try {
      const found = path === null ? null : digest(await readFile(path));
      if (path !== null && isChanged(path, found)) throw changed(path);
      digests.push(found);
    } catch (cause) {
      if (cause instanceof AmrError) throw cause;
      throw fileError(`reading the image ${path}`, cause);
    }
  }
  return digests;
}
