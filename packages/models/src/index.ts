import { AmrError, nearestName, type OptionSchema, spelledName } from '@agentmmrec/core';
import { agentmmrec } from './agentmmrec/agentmmrec.js';
import { befa } from './befa.js';
import { bm3 } from './bm3.js';
import { bpr } from './bpr.js';
import { cohesion } from './cohesion/cohesion.js';
import type { Model } from './contract/model.js';
import { diffmm } from './diffmm/diffmm.js';
import { dualgnn } from './dualgnn.js';
import { ease } from './ease/ease.js';
import { even } from './even/even.js';
import { freedom } from './freedom.js';
import { frerec } from './frerec/frerec.js';
import { hpmrec } from './hpmrec/hpmrec.js';
import { ials } from './ials.js';
import { itemknn } from './itemknn.js';
import { lattice } from './lattice/lattice.js';
import { lgmrec } from './lgmrec.js';
import { lightgcn } from './lightgcn.js';
import { llmrec } from './llmrec/llmrec.js';
import { mentor } from './mentor/mentor.js';
import { mmgcn } from './mmgcn/mmgcn.js';
import { mmssl } from './mmssl/mmssl.js';
import { nameBelowGraphs, withGraphs } from './plus/withGraphs.js';
import { popularity } from './popularity.js';
import { slim } from './slim/slim.js';
import { slmrec } from './slmrec/slmrec.js';
import { smore } from './smore/smore.js';
import { vbpr } from './vbpr.js';

export { type BuildContext, BuiltModel, type BuiltPass, buildModel } from './contract/builtModel.js';
export type { Batch, KeepMatrix, KeptFrom, ModelData, Represented, Triple, UserBatch } from './contract/data.js';
export {
  defineModel,
  learningRateOf,
  type Model,
  type ModelContext,
  type Need,
  presetOption,
  readModelOptions,
  trainingOf,
  withoutRetired,
} from './contract/model.js';
export { ModelOptimizer, type OptimizerState } from './contract/modelOptimizer.js';
export type { ReadLoss } from './contract/readLoss.js';
export type { Enhancement, Pass, Recommender, Sweeps, Update } from './contract/recommender.js';
export type { ScorePart } from './contract/scoreParts.js';
export { withGraphs } from './plus/withGraphs.js';

/** Every recommender by its name: the command line, its help and the conformance suite read this record. */
export const models = {
  agentmmrec,
  befa,
  bm3,
  bpr,
  cohesion,
  diffmm,
  dualgnn,
  ease,
  even,
  freedom,
  frerec,
  hpmrec,
  ials,
  itemknn,
  lattice,
  lgmrec,
  lightgcn,
  llmrec,
  mentor,
  mmgcn,
  mmssl,
  popularity,
  slim,
  slmrec,
  smore,
  vbpr,
} as const;

/** The name of a model of the record. */
export type ModelName = keyof typeof models;

/** Whether a model of the record, or what stands below its graphs, is a reconstruction (docs/reconstructions.md). */
export function isReconstruction(name: string): boolean {
  return modelNamed(nameBelowGraphs(name) ?? name)?.reconstruction ?? false;
}

/** A model's name in listings and tables: `even (reconstruction)`, `even (reconstruction) + graph`; a name of no record as it is. */
export function shownName(name: string): string {
  if (!isReconstruction(name)) return name;
  const below = nameBelowGraphs(name) ?? name;
  return `${below} (reconstruction)${name.slice(below.length)}`;
}

/**
 * The model of that name, however it is spelled (`LightGCN`); `<name> + graph` is the model with the graphs of the knowledge on top.
 * @throws AmrError input with the nearest name
 */
export function findModel(name: string): Model<OptionSchema> {
  const below = nameBelowGraphs(name);
  if (below !== null) return withGraphs(findModel(below));
  const found = modelNamed(name);
  if (found) return found;
  const near = nearestName(name, Object.keys(models));
  throw new AmrError({
    what: `model "${name}"`,
    got: 'an unknown model',
    expected: `one of ${Object.keys(models).join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec train --help',
  });
}

function modelNamed(name: string): Model<OptionSchema> | undefined {
  const known = spelledName(name, Object.keys(models) as ModelName[]);
  return known && models[known];
}
