import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { Features } from '../../contract.js';
import type { ColumnChoice } from '../../files/columns.js';
import { findImageFile, imagesByName } from '../../files/imageFile.js';
import { forEachLine } from '../../files/lines.js';
import { plainWords } from '../../files/plainText.js';
import { DropCounter } from '../droppedRows.js';
import type { FolderFiles } from '../folderFiles.js';
import { IdNumbering } from '../idNumbering.js';
import { InteractionRows } from '../interactionRows.js';
import { emptyContent, type ItemFacts } from '../itemFacts.js';
import { type DatasetFormat, type RawDataset, usualKCore } from '../rawDataset.js';
import { findAmazonFiles, hasHeader, holdsRatings, reviewCategory } from './amazonFiles.js';
import { readAmazonImageFeatures } from './amazonImageFeatures.js';
import { imageUrlOf, itemIdOf, parseAmazonLine, userIdOf, wordsOf } from './amazonRecords.js';
import { type Rating, ratingOrder, readRatingLine } from './ratingLines.js';

/**
 * Amazon reviews of 2014 (McAuley et al.: `reviews_X_5.json.gz` or `ratings_X.csv`, `meta_X.json.gz` of Python dicts,
 * `image_features_X.b`), 2018 (`X_5.json.gz` or `X.json.gz` or `X.csv`, `meta_X.json.gz`) and 2023 (`X.jsonl.gz`, `X.csv` or
 * `X.train.csv`, `X.valid.csv` and `X.test.csv`, `meta_X.jsonl.gz`), packed or not. Images are looked for as `images/<item id>.jpg`. Metadata and features are read for the items that pass the filters alone.
 */
export const amazonFormat: DatasetFormat = {
  name: 'amazon',
  knownBy: 'reviews_X.json.gz, X.jsonl.gz or ratings_X.csv',
  takesColumns: true,
  matches: (files) => files.names.some((name) => reviewCategory(files, name) !== undefined),
  missing({ names }) {
    const has = (part: RegExp) => names.some((name) => part.test(name));
    return [
      ...(has(/^meta_/) ? [] : ['meta_X.json.gz (titles, brands, categories, descriptions, image addresses)']),
      ...(has(/^image_features_/) || names.includes('images') ? [] : ['image_features_X.b, or a folder images']),
    ];
  },
  read: readFolder,
};

/** Rows as they are read. */
interface Reviews {
  readonly users: IdNumbering;
  readonly items: IdNumbering;
  readonly rows: InteractionRows;
  readonly dropped: DropCounter;
}

async function readFolder(listed: FolderFiles, columns: ColumnChoice | undefined): Promise<RawDataset> {
  const { folder } = listed;
  const files = findAmazonFiles(listed);
  const path = join(folder, files.interactions);
  const reviews: Reviews = {
    users: new IdNumbering(),
    items: new IdNumbering(),
    rows: new InteractionRows(),
    dropped: new DropCounter(),
  };
  if (holdsRatings(files.interactions)) {
    for (const [label, part] of (files.parts ?? [files.interactions]).entries()) {
      const order = ratingOrder(listed.path(part), listed.firstLine(part), columns);
      const take = (values: Rating) => addRow(reviews, values, files.parts === null ? undefined : label);
      const headed = hasHeader(listed.firstLine(part));
      await forEachLine(
        listed.path(part),
        (line, number) => {
          if (!headed || number > 1) readRatingLine(line, order, reviews.dropped, take);
        },
        { onBad: (reason) => reviews.dropped.add(reason) },
      );
    }
  } else {
    if (columns) throw namedFields(path);
    await forEachLine(path, (line) => readReviewLine(line, reviews), {
      onBad: (reason) => reviews.dropped.add(reason),
    });
  }
  reviews.dropped.refuseMostlyDamaged(path, reviews.rows.length);
  if (reviews.rows.length === 0) throw noReviews(path);
  return {
    format: 'amazon',
    name: files.category,
    userIds: reviews.users.ids,
    itemIds: reviews.items.ids,
    ...reviews.rows.take(),
    content: null,
    features: [],
    keepsAllIds: false,
    defaultKCore: files.parts === null ? usualKCore : 0,
    dropped: reviews.dropped.list(),
    remarks: [],
    readItems: (itemIds) => readItems(folder, files, itemIds),
  };
}

function readReviewLine(line: string, reviews: Reviews): void {
  if (line.trim() === '') return;
  const record = parseAmazonLine(line);
  if (record === null) {
    reviews.dropped.add('lines that are neither JSON nor a Python dict');
    return;
  }
  const rating = record.overall ?? record.rating ?? null;
  const time = record.unixReviewTime ?? record.timestamp ?? null;
  addRow(reviews, {
    user: userIdOf(record),
    item: itemIdOf(record),
    rating: numberOf(rating),
    time: numberOf(time),
  });
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** @param label of the split, where the files have one */
function addRow(reviews: Reviews, { user, item, rating, time }: Rating, label?: number): void {
  if (user === null || item === null) reviews.dropped.add('rows without a user or an item');
  else if (!Number.isFinite(rating) || !Number.isFinite(time)) reviews.dropped.add('rows without a rating or a time');
  else reviews.rows.add(reviews.users.numberOf(user), reviews.items.numberOf(item), rating, time, label);
}

async function readItems(
  folder: string,
  files: ReturnType<typeof findAmazonFiles>,
  itemIds: readonly string[],
): Promise<ItemFacts> {
  const remarks: string[] = [];
  const dropped = new DropCounter();
  const features: Features[] = [];
  if (files.imageFeatures !== undefined) {
    const found = await readAmazonImageFeatures(join(folder, files.imageFeatures), itemIds);
    if (found.missing > 0) {
      remarks.push(`${found.missing} items have no image features: they get the mean of the others`);
    }
    if (found.repeated > 0) remarks.push(`${found.repeated} image features repeat an item: the first counts`);
    features.push(found.features);
  }
  if (files.metadata === undefined) return { content: null, imageUrls: null, features, dropped: [], remarks };
  const described = await readMetadata(join(folder, files.metadata), itemIds, dropped, remarks);
  const root = realpathSync(folder);
  const images = imagesByName(root, 'images');
  const content = described.content.map((item, n) => {
    const image = images.get(itemIds[n]);
    if (image === undefined) return item;
    const file = findImageFile(root, image, join(folder, image));
    if (file.path === null) remarks.push(`the image of item ${itemIds[n]} is ${file.reason}`);
    return { ...item, imagePath: file.path };
  });
  return { content, imageUrls: described.imageUrls, features, dropped: dropped.list(), remarks };
}

async function readMetadata(path: string, itemIds: readonly string[], dropped: DropCounter, remarks: string[]) {
  const numberOf = new Map(itemIds.map((id, n) => [id, n]));
  const content = itemIds.map(() => emptyContent);
  const imageUrls: (string | null)[] = itemIds.map(() => null);
  const described = new Uint8Array(itemIds.length);
  let lines = 0;
  let cleaned = 0;
  let code = 0;
  let bylines = 0;
  const onLine = (line: string) => {
    if (line.trim() === '') return;
    const record = parseAmazonLine(line);
    if (record === null) {
      dropped.add('metadata lines that are neither JSON nor a Python dict');
      return;
    }
    lines++;
    const item = numberOf.get(itemIdOf(record) ?? '');
    if (item === undefined) return;
    if (described[item]) {
      dropped.add('metadata of an item that has some already');
      return;
    }
    described[item] = 1;
    const { words: own, byline } = wordsOf(record);
    const { words, cleaned: hadHtml, code: hadCode } = plainWords(own);
    if (byline) bylines++;
    if (hadHtml) cleaned++;
    if (hadCode) code++;
    content[item] = { ...words, imagePath: null };
    imageUrls[item] = imageUrlOf(record);
  };
  await forEachLine(path, onLine, { onBad: (reason) => dropped.add(`metadata lines ${reason}`) });
  const undescribed = described.filter((has) => has === 0).length;
  if (lines === 0) dropped.refuseMostlyDamaged(path, 0);
  if (undescribed > 0) remarks.push(`${undescribed} items are not in the metadata and have no text`);
  if (cleaned > 0) remarks.push(`HTML was removed from the words of ${cleaned} items`);
  if (code > 0) remarks.push(`code of web pages was removed from the titles of ${code} items`);
  if (bylines > 0) remarks.push(`the page's words around the brand were removed from ${bylines} items`);
  return { content, imageUrls };
}

function noReviews(path: string): AmrError {
  return new AmrError({
    what: path,
    got: 'no review',
    expected: 'at least one line',
    hint: 'check that the file was copied whole',
  });
}

function namedFields(path: string): AmrError {
  return new AmrError({
    what: `${path}, option columns`,
    got: 'reviews, whose fields are known',
    expected: 'a table',
    hint: 'leave --columns out, or read the file as a table: --format table',
  });
}
