import { AmrError, matrix, matrixRow } from '@agentmmrec/core';
import type { Features, Interactions } from './contract.js';
import type { DatasetParts } from './datasetParts.js';
import { chooseSplit, drawSplit } from './drawSplit.js';
import { DropCounter, type DroppedRows } from './droppedRows.js';
import { digestImages } from './imageDigests.js';
import { buildInteractions, itemDegrees, type Pairs } from './interactions.js';
import type { ItemFacts } from './itemFacts.js';
import { filterKCore } from './kCore.js';
import type { LoadOptions } from './loadOptions.js';
import { mergeDuplicates } from './mergeDuplicates.js';
import type { RawDataset } from './rawDataset.js';
import { splitLabel } from './split.js';
import { attachSyntheticFeatures } from './syntheticFeatures.js';

type Choices = Pick<LoadOptions, 'seed' | 'split' | 'minRating' | 'kCore' | 'features'>;

/**
 * From what a reader found to a split data set: rating filter, merging of duplicates, k-core, dense ids, split, features.
 * @param source what the report names as the origin
 */
export async function assemble(raw: RawDataset, source: string, choices: Choices): Promise<DatasetParts> {
  const split = chooseSplit(raw, choices.split);
  const remarks = [...raw.remarks];
  const kept = filter(raw, choices, remarks);
  const numbering = numberIds(raw, kept.keep, kept.filtered);
  const pairs = renumber(raw.pairs, kept.keep, numbering);
  const users = numbering.oldUsers.length;
  const items = numbering.oldItems.length;
  if (pairs.userIds.length === 0) throw nothingLeft(source);
  const stays = (_: number, n: number) => kept.keep[n] === 1;
  const labels = drawSplit(
    split,
    {
      users,
      items,
      pairs,
      labels: raw.labels?.filter(stays) ?? null,
      times: raw.timestamps?.filter(stays) ?? null,
    },
    choices.seed,
    remarks,
  );
  const part = (label: number) => buildInteractions(users, items, withLabel(pairs, labels, label));
  const train = part(splitLabel.train);
  const validation = part(splitLabel.validation);
  const test = part(splitLabel.test);
  const itemIds = Array.from(numbering.oldItems, (item) => raw.itemIds[item]);
  const facts = (await raw.readItems?.(itemIds)) ?? gatherFacts(raw, numbering.oldItems);
  remarks.push(...facts.remarks);
  const { content } = facts;
  const features = attachSyntheticFeatures(facts.features, items, choices, remarks);
  return {
    name: raw.name,
    userIds: Array.from(numbering.oldUsers, (user) => raw.userIds[user]),
    itemIds,
    train,
    validation,
    test,
    content,
    imageDigests: await digestImages(content),
    imageUrls: facts.imageUrls,
    features,
    report: {
      source,
      users,
      items,
      interactions: {
        train: train.itemIds.length,
        validation: validation.itemIds.length,
        test: test.itemIds.length,
      },
      duplicatesMerged: kept.merged,
      coldUsers: countCold(train),
      coldItems: itemDegrees(train).reduce((cold, degree) => cold + (degree === 0 ? 1 : 0), 0),
      remarks,
      read: {
        name: raw.name,
        users: raw.userIds.length,
        items: raw.itemIds.length,
        interactions: raw.pairs.userIds.length,
      },
      dropped: [...(raw.dropped ?? []), ...kept.dropped, ...facts.dropped],
    },
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

interface Kept {
  /** [pairs] 0 or 1 */
  readonly keep: Uint8Array;
  /** duplicates among those left out */
  readonly merged: number;
  /** a rating filter or a k-core was asked for */
  readonly filtered: boolean;
  readonly dropped: readonly DroppedRows[];
}

/** Which pairs stay: rating filter, then duplicates, then k-core. */
function filter(raw: RawDataset, choices: Choices, remarks: string[]): Kept {
  const { ratings, pairs } = raw;
  const { minRating } = choices;
  if (minRating !== undefined && ratings === null) {
    throw new AmrError({
      what: `data set ${raw.name}, minRating`,
      got: String(minRating),
      expected: 'a column of ratings in the data',
      hint: 'leave the rating filter out',
    });
  }
  const splitsMatter = choices.split === undefined || choices.split === 'given' ? raw.labels : null;
  const { keep, merged, acrossSplits } = mergeDuplicates(raw.userIds.length, pairs, splitsMatter);
  const drops = new DropCounter();
  drops.add('duplicate interactions, merged', merged);
  if (merged > 0) remarks.push(`${merged} duplicate interactions are merged`);
  if (acrossSplits > 0) {
    remarks.push(`${acrossSplits} of them stood in two splits and count for the earlier one (train, validation, test)`);
  }
  if (minRating !== undefined && ratings !== null) {
    let low = 0;
    for (let n = 0; n < keep.length; n++) {
      if (keep[n] && ratings[n] < minRating) {
        keep[n] = 0;
        low++;
      }
    }
    drops.add(`rated below ${minRating}`, low);
    remarks.push(`${low} interactions rated below ${minRating} are left out`);
  }
  const k = choices.kCore ?? raw.defaultKCore;
  if (k > 0) {
    const dropped = filterKCore(raw.userIds.length, raw.itemIds.length, pairs, k, keep);
    drops.add(`outside the ${k}-core`, dropped);
    remarks.push(`${k}-core: ${dropped} interactions of users or items with fewer than ${k} are left out`);
  }
  return { keep, merged, filtered: k > 0 || minRating !== undefined, dropped: drops.list() };
}

interface Numbering {
  /** old number of each new user and item */
  readonly oldUsers: Int32Array;
  readonly oldItems: Int32Array;
}

/**
 * Filters leave holes, so what passes them is numbered anew by first appearance. Without filters the reader's numbering stays,
 * users and items without interactions included.
 */
function numberIds(raw: RawDataset, keep: Uint8Array, filtered: boolean): Numbering {
  if (raw.keepsAllIds && !filtered) return { oldUsers: range(raw.userIds.length), oldItems: range(raw.itemIds.length) };
  return {
    oldUsers: byFirstAppearance(raw.userIds.length, raw.pairs.userIds, keep),
    oldItems: byFirstAppearance(raw.itemIds.length, raw.pairs.itemIds, keep),
  };
}

function range(length: number): Int32Array {
  return Int32Array.from({ length }, (_, n) => n);
}

function byFirstAppearance(count: number, ids: Int32Array, keep: Uint8Array): Int32Array {
  const seen = new Uint8Array(count);
  const order = new Int32Array(count);
  let found = 0;
  for (let n = 0; n < ids.length; n++) {
    if (!keep[n] || seen[ids[n]]) continue;
    seen[ids[n]] = 1;
    order[found++] = ids[n];
  }
  return order.slice(0, found);
}

function renumber(pairs: Pairs, keep: Uint8Array, numbering: Numbering): Pairs {
  const userNumbers = inverse(numbering.oldUsers);
  const itemNumbers = inverse(numbering.oldItems);
  const kept = (_: number, n: number) => keep[n] === 1;
  return {
    userIds: pairs.userIds.filter(kept).map((user) => userNumbers.get(user) ?? -1),
    itemIds: pairs.itemIds.filter(kept).map((item) => itemNumbers.get(item) ?? -1),
  };
}

function inverse(old: Int32Array): Map<number, number> {
  const numbers = new Map<number, number>();
  old.forEach((id, number) => {
    numbers.set(id, number);
  });
  return numbers;
}

function withLabel(pairs: Pairs, labels: Uint8Array, label: number): Pairs {
  const has = (_: number, n: number) => labels[n] === label;
  return { userIds: pairs.userIds.filter(has), itemIds: pairs.itemIds.filter(has) };
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
