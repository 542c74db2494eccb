import type { AdamSettings, Tape, Tensor } from '@agentmmrec/autograd';
import type { Matrix } from '@agentmmrec/core';
import type { BlockScores } from '@agentmmrec/evaluation';
import type { Floats } from '@agentmmrec/kernels';
import type { Batch, Represented, Triple, UserBatch } from './data.js';
import type { ReadLoss } from './readLoss.js';

/**
 * What a model's `build` returns: its parameters and its equations. Everything else is shared. Only `parameters` and one of
 * `forward` and `scores` must be there.
 *
 * Memory taken in `build` and in the hooks below lives until the model is released and need not be listed; what `beforeEpoch` takes
 * lives until its next call.
 *
 * @typeParam F what `forward` returns: users [users, d], items [items, d], and whatever the losses need of the way there
 */
export interface Recommender<F extends Represented<Tensor> = Represented<Tensor>> {
  /** trainable tensors by name; the checkpoint holds exactly these */
  readonly parameters: Readonly<Record<string, Tensor>>;

  /**
   * The representations whose inner product ranks: the model's equations. In training it runs on a recording tape, in ranking on one
   * that does not record (dropout and noise of the tape do nothing there).
   * @param batch in training the batch of the step
   */
  forward?(tape: Tape, batch?: Batch): F;
  /** The rows of a batch's triples, [batch, d] each, where whole tables would be slower. The same numbers as those rows of `forward`. */
  rows?(tape: Tape, batch: Batch): BatchRows<F>;
  /** Ranks in place of inner products: the scores of users against all items. */
  scores?(): BlockScores;

  /** The way to the tables of `forward`, one stage after the other, where the equations have stages: for whoever asks where a score came from. */
  stages?(tape: Tape): Stages;

  /** The triples that the loss of a training step sees in place of its batch's: those with others added. Default: the batch. */
  triples?(tape: Tape, batch: Batch): Batch;
  /** Scalars added to the BPR loss of the rows. `made` holds the plain rows and what else `forward` (or `rows`) returned. */
  terms?(tape: Tape, batch: Batch, made: BatchRows<F>): readonly Tensor[];
  /** Scalar loss in place of BPR and `terms`. `made` holds the rows as they rank (graphs on top included) and what else `forward` returned. */
  loss?(tape: Tape, batch: Batch, made: BatchRows<F>): Tensor;
  /**
   * One step that writes the gradient of every parameter and returns what `readLoss` makes of the loss (default: the number), where a
   * fused path beats the tape. Held against `forward` by the conformance suite.
   */
  fusedStep?(batch: Batch, readLoss?: ReadLoss): number;

  /** What differs from the run's optimizer, by parameter. Default: nothing. */
  optimizer?(parameter: string): OptimizerSettings;
  /** Factor of every learning rate in an epoch (from 0): a schedule. Default: 1. */
  learningRateFactor?(epoch: number): number;
  /** What an epoch consists of, where it is more than one update a batch of triples. Default: one pass over the triples by `loss`. */
  readonly passes?: readonly Pass[];
  /** Training without gradients, in place of passes. */
  readonly sweeps?: Sweeps;

  /**
   * Called before the first step of each epoch, and again when an epoch is resumed in the middle (`resumed`): what it makes must be a
   * function of epoch, seed and `state`. What depends on the parameters as they are at the beginning of an epoch goes to `state` and
   * is left alone when resumed.
   */
  beforeEpoch?(epoch: number, resumed: boolean): void;
  /** Values that change while training and are no parameters, by name, each of a fixed length; the checkpoint holds them. */
  readonly state?: Readonly<Record<string, Floats>>;
  /** Called after parameters and state were written back in place: what is derived from them is made again. */
  restored?(): void;
  /** Replaces the knowledge embeddings of the given users in place (feedback rounds). */
  updateUserKnowledge?(userIds: Int32Array, rows: Matrix): void;

  /** What stands on top of the representations; set by decorators (see `withGraphs`), never by a model. */
  readonly enhancement?: Enhancement;
}

/** Tables [users, d] and [items, d] as they grew: each holds all before it and what its name adds. The last ones rank. */
export interface Stages {
  readonly users: readonly Stage[];
  readonly items: readonly Stage[];
  /** scores of their own that are added, as tables whose inner products they are */
  readonly beside: readonly (Represented<Tensor> & { readonly name: string })[];
}

/** One table of `Stages`. */
export interface Stage {
  readonly name: string;
  readonly table: Tensor;
}

/** The rows of a batch in place of the tables, and what else `forward` made. */
export type BatchRows<F> = Triple<Tensor> & Omit<F, keyof Represented<Tensor>>;

export type OptimizerSettings = AdamSettings;

/** One way through the data in an epoch; passes follow each other. */
export type Pass = TriplePass | UserPass;

/** Over the positives, each with a negative. */
export interface TriplePass {
  readonly over: 'triples';
  /** each batch makes these updates one after the other */
  readonly updates: readonly Update<Batch>[];
}

/** Over the users, shuffled. */
export interface UserPass {
  readonly over: 'users';
  readonly updates: readonly Update<UserBatch>[];
}

/** One optimizer step: the gradient of a loss moves some parameters. */
export interface Update<B extends UserBatch> {
  /** names of the parameters it moves; each belongs to one update, and gradients of others are dropped */
  readonly parameters: readonly string[];
  /** scalar; default (over triples): the model's own */
  loss?(tape: Tape, batch: B): Tensor;
}

/** Training by sweeps of the model's own (closed forms, alternating least squares). */
export interface Sweeps {
  /** how many there are at most: 1 for a closed form */
  readonly count: number;
  /**
   * One sweep, which changes parameters and state in place. Yields the share that is done, between pieces of work short enough to be
   * interrupted after; a sweep that was interrupted is made again from where it began. Returns its loss, or null.
   */
  sweep(epoch: number): Generator<number, number | null>;
}

/** Something on top of any model's representations, in training and in ranking. */
export interface Enhancement {
  /** rows of a batch from the tables and their plain rows */
  rows(tape: Tape, tables: Represented<Tensor>, batch: Batch, plain: Triple<Tensor>): Triple<Tensor>;
  /** whole tables with what stands on top */
  whole(tape: Tape, tables: Represented<Tensor>): Represented<Tensor>;
  /** scores with what stands on top */
  scores(plain: BlockScores): BlockScores;
}
