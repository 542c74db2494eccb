import { type Matrix, matrix, type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import type { ModelData } from '@agentmmrec/models';

/** The models whose epochs are measured and predicted, and how they differ from their defaults. */
export const EPOCH_MODELS = {
  lightgcn: { layers: 2 },
  agentmmrec: { layers: 3, featureScale: 'none', featureRank: 'full' },
} as const;

export type EpochModel = keyof typeof EPOCH_MODELS;

/** Neighbours of an entity in each graph of the knowledge; as many have the raw graphs by default. */
export const NEIGHBOURS = 10;

/** Columns of what AgentMMRec takes in. */
export interface ContentWidths {
  readonly image: number;
  readonly text: number;
}

/** Those of the field's data: images by a CNN, texts and knowledge by a sentence encoder. */
export const trueWidths: ContentWidths = { image: 4096, text: 384 };

/** What a model of the name is built from: training pairs, and for AgentMMRec features and knowledge with all its graphs. */
export function epochData(
  name: EpochModel,
  train: Interactions,
  { image, text }: ContentWidths,
  matrixOf: (rows: number, cols: number) => Matrix,
): ModelData {
  const { users, items } = train;
  if (name === 'lightgcn') return { users, items, train, features: [], knowledge: null };
  const neighbours = (rows: number): NeighbourLists => ({
    rows,
    k: NEIGHBOURS,
    indices: Int32Array.from(
      { length: NEIGHBOURS * rows },
      (_, i) => (Math.floor(i / NEIGHBOURS) + (i % NEIGHBOURS) * 37) % rows,
    ),
  });
  const feature = (modality: string, cols: number) => ({ modality, matrix: matrixOf(items, cols), synthetic: true });
  return {
    users,
    items,
    train,
    features: [feature('image', image), feature('text', text)],
    knowledge: {
      reasoner: 'counted',
      userEmbeddings: matrixOf(users, text),
      itemEmbeddings: matrixOf(items, text),
      bmu: neighbours(users),
      bmi: neighbours(items),
      rti: neighbours(items),
    },
  };
}

/** A matrix of values between -0.5 and 0.5 that repeat after a prime number of them: drawing each would take longer than an epoch. */
export function repeatedValues(rows: number, cols: number): Matrix {
  const stream = new RandomStreams(7).stream('content');
  const some = Float32Array.from({ length: 99_991 }, () => stream.uniform() - 0.5);
  const data = new Float32Array(rows * cols);
  for (let at = 0; at < data.length; at += some.length) data.set(some.subarray(0, data.length - at), at);
  return matrix(rows, cols, data);
}

/** A matrix of which only the size is there, and that no row is zero: a row that is looked at is ones. */
export function sizeOnly(rows: number, cols: number): Matrix {
  const row = new Float32Array(cols).fill(1);
  const data = { length: rows * cols, subarray: (from: number, to: number) => row.subarray(0, to - from) };
  return { rows, cols, data: data as unknown as Float32Array };
}
