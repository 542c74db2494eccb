import type { Tape, Tensor } from '@agentmmrec/autograd';
import {
  type Knowledge,
  type Matrix,
  type OptionSchema,
  type OptionValues,
  type RandomStreams,
  readOptions,
} from '@agentmmrec/core';
import type { Features, Interactions } from '@agentmmrec/datasets';
import type { Device, Floats, Ints } from '@agentmmrec/kernels';

/** What a model is built from. Training interactions only: there is no field that leads to validation or test. */
export interface ModelData {
  readonly users: number;
  readonly items: number;
  readonly train: Interactions;
  readonly features: readonly Features[];
  readonly knowledge: Knowledge | null;
}

export interface ModelContext<S extends OptionSchema> {
  readonly data: ModelData;
  readonly options: OptionValues<S>;
  readonly device: Device;
  readonly random: RandomStreams;
}

/** One optimiser step's triples, [batch] each, on the device. */
export interface Batch {
  readonly users: Ints;
  readonly positives: Ints;
  readonly negatives: Ints;
  readonly size: number;
}

/** A model ready to train. Parameters are updated in place by the trainer's optimizer. */
export interface BuiltModel {
  /** trainable tensors by name; the checkpoint holds exactly these */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Scalar training loss of the batch on the tape, over the training graph last set. */
  loss(tape: Tape, batch: Batch): Tensor;
  /**
   * One step that writes the gradient of every parameter and returns the loss, where a model has a fused path that beats the
   * tape. Same numbers as `loss` followed by backward, within the tolerance of the conformance suite.
   */
  fusedStep?(batch: Batch): number;
  /**
   * Non-trainable values that change while training (rows of user knowledge replaced by feedback), by name. Checkpoints and
   * the best epoch so far hold them beside the parameters; the trainer writes them back in place.
   */
  readonly state?: Readonly<Record<string, Floats>>;
  /**
   * Representations for ranking: users [users, d], items [items, d]. Score = inner product. Owned by the model and valid until
   * its next call. `all` (the default) propagates over all training edges, `training` over the graph last set by
   * `setTrainingGraph`: feedback ranks its fold with it.
   */
  represent(over?: 'all' | 'training'): { users: Floats; items: Floats; d: number };
  /** Replaces the interactions that training steps propagate over (a feedback fold is out); null = all training edges. */
  setTrainingGraph?(interactions: Interactions | null): void;
  /** Called before the steps of each epoch, and again when an epoch is resumed: a function of the epoch and the seed only. */
  beforeEpoch?(epoch: number): void;
  /** Replaces the knowledge embeddings of the given users in place (feedback rounds). */
  updateUserKnowledge?(userIds: Int32Array, rows: Matrix): void;
  /** Called after parameters and state were written back in place: what is derived from the state is made again. */
  restored?(): void;
  /** Gives the memory of parameters, state and representations back to the device; the model must not be used again. */
  release?(): void;
  /** Remarks for the report: blocks and graphs that are absent and why. */
  readonly remarks: readonly string[];
}

/** What a model is built from, options apart. */
export type BuildContext = Pick<ModelContext<OptionSchema>, 'data' | 'device' | 'random'>;

/** A recommender as a value: ranking, saving, stopping and devices are not its business. */
export interface Model<S extends OptionSchema = OptionSchema> {
  readonly name: string;
  /** paper and equations */
  readonly source: string;
  /** what it uses beside interactions; `build` fails with an input error where it cannot do without */
  readonly needs: readonly ('features' | 'knowledge')[];
  readonly options: S;
  /** option values by name of the choice in the option `preset`; options given besides win over them */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  build(context: ModelContext<S>): BuiltModel;
}

/** Keeps the option types of a definition. */
export function defineModel<const S extends OptionSchema>(model: Model<S>): Model<S> {
  return model;
}

/**
 * The option values of a model from given ones (numbers and switches may come as text): defaults, then the preset, then what
 * was given.
 * @throws AmrError input: an unknown option (with the nearest name), a wrong type, a value out of bounds
 */
export function readModelOptions<S extends OptionSchema>(
  model: Model<S>,
  given: Readonly<Record<string, unknown>>,
): OptionValues<S> {
  const what = `model ${model.name}`;
  const preset = String(readOptions(what, model.options, given).preset);
  return readOptions(what, model.options, { ...model.presets?.[preset], ...withoutUndefined(given) });
}

/** Reads the options and builds the model: the one way callers make a model of a name they were given. */
export function buildModel<S extends OptionSchema>(
  model: Model<S>,
  context: BuildContext,
  given: Readonly<Record<string, unknown>> = {},
): BuiltModel {
  const options = readModelOptions(model, given);
  return context.device.reclaimOnFailure(() => model.build({ ...context, options }));
}

function withoutUndefined(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
