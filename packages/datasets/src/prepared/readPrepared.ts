import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, digest, fileError, fromArrow, readArrowFile } from '@agentmmrec/core';
import type { AssemblyChoices } from '../assemble/choices.js';
import { attachSyntheticFeatures } from '../assemble/syntheticFeatures.js';
import type { Features, ItemContent } from '../contract.js';
import { type DatasetParts, withFingerprint } from '../dataset/datasetParts.js';
import { buildInteractions } from '../dataset/interactions.js';
import { column, readPairs, readTextLists, readTexts } from '../files/arrowColumns.js';
import { findImageFile } from '../files/imageFile.js';
import { damaged, type PreparedManifest, readManifest } from './manifest.js';

/**
 * Reads a prepared data set; every file is checked against the manifest.
 * @throws AmrError input: damage, another version, or options that contradict those it was prepared with
 */
export function readPrepared(folder: string, options: AssemblyChoices): DatasetParts {
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
  const added = { splitSeed: options.splitSeed, ...(wanted === undefined ? {} : { features: wanted }) };
  const parts = withFingerprint({
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
  });
  if (wanted === undefined && parts.fingerprint !== manifest.fingerprint) {
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

function refuseOtherOptions(manifest: PreparedManifest, options: AssemblyChoices): void {
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
  refuse('splitBy', options.splitBy, fixed.split);
  refuse('minRating', options.minRating, fixed.minRating);
  refuse('kCore', options.kCore, fixed.kCore);
  refuse('trainingItems', options.trainingItems, fixed.trainingItems ?? null);
  if (fixed.features !== null) refuse('features', options.features, fixed.features);
}
