import {
  type Augmentation,
  type Knowledge,
  type Matrix,
  matrix,
  type RandomStream,
  RandomStreams,
} from '@agentmmrec/core';
import type { Features, Interactions } from '@agentmmrec/datasets';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { Batch, ModelData } from '../contract/data.js';

export function interactions(users: number, items: number, rows: readonly (readonly number[])[]): Interactions {
  const offsets = new Int32Array(users + 1);
  rows.forEach((row, user) => {
    offsets[user + 1] = offsets[user] + row.length;
  });
  return { users, items, offsets, itemIds: Int32Array.from(rows.flat()) };
}

/**
 * Users and items of two colours: a user has every item of the same colour but one, item u for user u. That item is the only
 * right answer. After them `cold` users without items and `cold` items without users.
 */
export function checkerboard(size: number, cold = 0): Interactions {
  const items = Array.from({ length: size }, (_, item) => item);
  const rows = items.map((user) => items.filter((item) => item % 2 === user % 2 && item !== user));
  return interactions(size + cold, size + cold, [...rows, ...Array.from({ length: cold }, () => [])]);
}

/** [count, width] noise with the colour of the row in the first column. */
export function colouredRows(count: number, width: number, stream: RandomStream): Matrix {
  const rows = matrix(count, width);
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < width; c++) rows.data[r * width + c] = 0.3 * stream.normal() + (c === 0 ? 2 * (r % 2) - 1 : 0);
  }
  return rows;
}

export interface ModelDataParts {
  readonly modalities?: readonly string[];
  readonly knowledge?: boolean;
}

/** The checkerboard with features of the given modalities and, if asked, knowledge with all its graphs. */
export function checkerboardData(device: Device, train: Interactions, parts: ModelDataParts = {}): ModelData {
  const { modalities = ['image', 'text'], knowledge = true } = parts;
  const { users, items } = train;
  const streams = new RandomStreams(11);
  const features: Features[] = modalities.map((modality, m) => ({
    modality,
    matrix: colouredRows(items, 4 + m, streams.stream(modality)),
    synthetic: true,
  }));
  return {
    users,
    items,
    train,
    features,
    knowledge: knowledge ? colouredKnowledge(device, users, items, streams) : null,
  };
}

function colouredKnowledge(device: Device, users: number, items: number, streams: RandomStreams): Knowledge {
  const userEmbeddings = colouredRows(users, 6, streams.stream('preferences'));
  const itemEmbeddings = colouredRows(items, 6, streams.stream('properties'));
  const refined = colouredRows(items, 3, streams.stream('refined'));
  const options = { k: 3, self: 'include' } as const;
  return {
    reasoner: 'test',
    userEmbeddings,
    itemEmbeddings,
    bmu: neighbourGraph(device, userEmbeddings, options, 'bmu'),
    bmi: neighbourGraph(device, itemEmbeddings, options, 'bmi'),
    rti: neighbourGraph(device, refined, options, 'rti'),
    augmentation: colouredAugmentation(users, items, streams),
  };
}

/** Profiles and attributes with colours, and edges that say the right ones. */
function colouredAugmentation(users: number, items: number, streams: RandomStreams): Augmentation {
  const item = (user: number, shift: number) => (user + shift < items ? user + shift : -1);
  return {
    profiles: colouredRows(users, 5, streams.stream('profiles')),
    attributes: ['maker', 'kind'].map((name) => ({ name, embeddings: colouredRows(items, 4, streams.stream(name)) })),
    edges: {
      liked: Int32Array.from({ length: users }, (_, user) => item(user, 2)),
      disliked: Int32Array.from({ length: users }, (_, user) => item(user, 1)),
    },
  };
}

/** Every training pair once in random order, each with a uniform negative outside the user's row. */
export function epochBatch(device: Device, train: Interactions, stream: RandomStream): Batch {
  const pairs: [number, number][] = [];
  for (let user = 0; user < train.users; user++) {
    for (let e = train.offsets[user]; e < train.offsets[user + 1]; e++) pairs.push([user, train.itemIds[e]]);
  }
  stream.shuffle(pairs);
  const negatives = pairs.map(([user]) => {
    const row = train.itemIds.subarray(train.offsets[user], train.offsets[user + 1]);
    for (;;) {
      const item = stream.integer(train.items);
      if (!row.includes(item)) return item;
    }
  });
  return batchOf(
    device,
    pairs.map(([user]) => user),
    pairs.map(([, item]) => item),
    negatives,
  );
}

export function batchOf(device: Device, users: number[], positives: number[], negatives: number[]): Batch {
  return {
    users: device.upload(Int32Array.from(users)),
    positives: device.upload(Int32Array.from(positives)),
    negatives: device.upload(Int32Array.from(negatives)),
    size: users.length,
  };
}
