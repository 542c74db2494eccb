import { AmrError, Breather, matrix, matrixRow, RandomStreams } from '@agentmmrec/core';
import type { DatasetReport, Features, Interactions } from '../contract.js';
import { type DatasetParts, withFingerprint } from '../dataset/datasetParts.js';
import { digestImages } from '../dataset/imageDigests.js';
import { buildInteractions, itemDegrees, type Pairs } from '../dataset/interactions.js';
import type { ItemFacts } from '../formats/itemFacts.js';
import type { RawDataset } from '../formats/rawDataset.js';
import type { AssemblyChoices } from './choices.js';
import { chooseSplit, drawSplit, type FilteredPairs } from './drawSplit.js';
import { filterPairs, type KeptPairs } from './filterPairs.js';
import { marked, type Numbering, numberIds, renumber } from './renumberPairs.js';
import { splitLabel } from './split.js';
import { attachSyntheticFeatures } from './syntheticFeatures.js';
import { thinTraining } from './thinTraining.js';

/**
 * From what a reader found to a split data set: rating filter, merging of duplicates, k-core, dense ids, split, features.
 * @param source what the report names as the origin
 */
export async function assemble(raw: RawDataset, source: string, choices: AssemblyChoices): Promise<DatasetParts> {
  const split = chooseSplit(raw, choices.splitBy);
  const remarks = [...raw.remarks];
  // Between the steps of large data the event loop turns, so that Ctrl-C is heard.
  const breather = new Breather();
  const kept = await filterPairs(raw, choices, remarks);
  await breather.breathe();
  const numbering = numberIds(raw, kept.keep, kept.filtered);
  let splits = splitPairs(raw, kept, numbering, source, (filtered) =>
    drawSplit(split, filtered, choices.splitSeed, remarks),
  );
  if (choices.trainingItems !== undefined) {
    const all = splits.train.itemIds.length;
    splits = {
      ...splits,
      train: thinTraining(splits.train, choices.trainingItems, new RandomStreams(choices.splitSeed)),
    };
    remarks.push(
      `at most ${choices.trainingItems} training items of a user: ${all - splits.train.itemIds.length} of ${all} are left out`,
    );
  }
  await breather.breathe();
  const itemIds = Array.from(numbering.oldItems, (item) => raw.itemIds[item]);
  const facts = (await raw.readItems?.(itemIds)) ?? gatherFacts(raw, numbering.oldItems);
  remarks.push(...facts.remarks);
  return withFingerprint({
    name: raw.name,
    userIds: Array.from(numbering.oldUsers, (user) => raw.userIds[user]),
    itemIds,
    ...splits,
    content: facts.content,
    imageDigests: await digestImages(facts.content),
    imageUrls: facts.imageUrls,
    features: attachSyntheticFeatures(facts.features, itemIds.length, choices, remarks),
    report: describe(raw, source, splits, {
      merged: kept.merged,
      dropped: [...kept.dropped, ...facts.dropped],
      remarks,
    }),
  });
}

type Splits = Pick<DatasetParts, 'train' | 'validation' | 'test'>;

/** The kept pairs under new ids, parted by the labels that `labelsOf` draws for them. */
function splitPairs(
  raw: RawDataset,
  { keep }: KeptPairs,
  numbering: Numbering,
  source: string,
  labelsOf: (filtered: FilteredPairs) => Uint8Array,
): Splits {
  const pairs = renumber(raw.pairs, keep, numbering);
  if (pairs.userIds.length === 0) throw nothingLeft(source);
  const users = numbering.oldUsers.length;
  const items = numbering.oldItems.length;
  const labels = labelsOf({
    users,
    items,
    pairs,
    labels: raw.labels && marked(raw.labels, keep, 1),
    times: raw.timestamps && marked(raw.timestamps, keep, 1),
  });
  const part = (label: number) => buildInteractions(users, items, withLabel(pairs, labels, label));
  return { train: part(splitLabel.train), validation: part(splitLabel.validation), test: part(splitLabel.test) };
}

function describe(
  raw: RawDataset,
  source: string,
  { train, validation, test }: Splits,
  { merged, dropped, remarks }: Pick<KeptPairs, 'merged' | 'dropped'> & Pick<DatasetReport, 'remarks'>,
): DatasetReport {
  return {
    source,
    users: train.users,
    items: train.items,
    interactions: { train: train.itemIds.length, validation: validation.itemIds.length, test: test.itemIds.length },
    duplicatesMerged: merged,
    coldUsers: countCold(train),
    coldItems: itemDegrees(train).reduce((cold, degree) => cold + (degree === 0 ? 1 : 0), 0),
    remarks,
    read: {
      name: raw.name,
      format: raw.format,
      users: raw.userIds.length,
      items: raw.itemIds.length,
      interactions: raw.pairs.userIds.length,
    },
    dropped: [...(raw.dropped ?? []), ...dropped],
  };
}

/** What the reader found on the items that are left. */
function gatherFacts(raw: RawDataset, oldItems: Int32Array): ItemFacts {
  const { content, imageUrls } = raw;
  return {
    content: content && Array.from(oldItems, (item) => content[item]),
    imageUrls: imageUrls ? Array.from(oldItems, (item) => imageUrls[item]) : null,
    features: raw.features.map((feature) => gather(feature, oldItems)),
    dropped: [],
    remarks: [],
  };
}

function withLabel(pairs: Pairs, labels: Uint8Array, label: number): Pairs {
  return { userIds: marked(pairs.userIds, labels, label), itemIds: marked(pairs.itemIds, labels, label) };
}

function gather(feature: Features, items: Int32Array): Features {
  const source = feature.matrix;
  if (items.length === source.rows && items.every((item, n) => item === n)) return feature;
  const rows = matrix(items.length, source.cols);
  items.forEach((item, n) => {
    matrixRow(rows, n).set(matrixRow(source, item));
  });
  return { ...feature, matrix: rows };
}

function countCold(train: Interactions): number {
  let cold = 0;
  for (let user = 0; user < train.users; user++) if (train.offsets[user] === train.offsets[user + 1]) cold++;
  return cold;
}

function nothingLeft(source: string): AmrError {
  return new AmrError({
    what: source,
    got: 'no interaction that passes the filters',
    expected: 'at least one',
    hint: 'lower the k-core or the rating filter',
  });
}
