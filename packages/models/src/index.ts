import { AmrError, nearestName, type OptionSchema } from '@agentmmrec/core';
import { agentmmrec } from './agentmmrec.js';
import { bpr } from './bpr.js';
import { lightgcn } from './lightgcn.js';
import type { Model } from './model.js';
import { vbpr } from './vbpr.js';

export {
  type Batch,
  type BuildContext,
  type BuiltModel,
  buildModel,
  defineModel,
  type Model,
  type ModelContext,
  type ModelData,
  readModelOptions,
} from './model.js';

/** Every recommender by its name: the command line, its help and the conformance suite read this record. */
export const models = { agentmmrec, bpr, lightgcn, vbpr } as const;

export type ModelName = keyof typeof models;

/**
 * The model of that name.
 * @throws AmrError input with the nearest name
 */
export function findModel(name: string): Model<OptionSchema> {
  const found = Object.entries(models).find(([known]) => known === name);
  if (found) return found[1];
  const near = nearestName(name, Object.keys(models));
  throw new AmrError({
    what: `model "${name}"`,
    got: 'an unknown model',
    expected: `one of ${Object.keys(models).join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec train --help',
  });
}
