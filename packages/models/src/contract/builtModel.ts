import { Tape, type Tensor } from '@agentmmrec/autograd';
import type { Matrix, OptionSchema, RandomStreams } from '@agentmmrec/core';
import type { Ranking, Representations } from '@agentmmrec/evaluation';
import type { Device, Floats, MemoryScope, Precision } from '@agentmmrec/kernels';
import { batchRows } from './batchRows.js';
import { checkCards } from './cards.js';
import { checkContent } from './contentErrors.js';
import type { Batch, ModelData, Represented, UserBatch } from './data.js';
import { type Model, readModelOptions } from './model.js';
import type { ReadLoss } from './readLoss.js';
import type { BatchRows, OptimizerSettings, Recommender, Stages, Sweeps } from './recommender.js';
import { partsOf, type ScorePart } from './scoreParts.js';

/** What a model is built from, options apart. */
export interface BuildContext {
  readonly data: ModelData;
  readonly device: Device;
  readonly random: RandomStreams;
  /** of the products in steps and rankings; default fp32 */
  readonly precision?: Precision | undefined;
}

/** A pass with every loss filled in. */
export interface BuiltPass {
  readonly over: 'triples' | 'users';
  readonly updates: readonly BuiltUpdate[];
}

export interface BuiltUpdate {
  /** what it moves, by name */
  readonly parameters: Readonly<Record<string, Tensor>>;
  loss(tape: Tape, batch: UserBatch): Tensor;
  /** the same by hand, where the model has it */
  fusedStep?(batch: UserBatch, readLoss?: ReadLoss): number;
}

const reconstructionRemark = 'a reconstruction, not its authors’ model: docs/reconstructions.md says what was inferred';

type MadeRows = BatchRows<Represented<Tensor>>;

/** Reads the options, checks the content and builds the model: the one way callers make a model. */
export function buildModel<S extends OptionSchema>(
  model: Model<S>,
  context: BuildContext,
  given: Readonly<Record<string, unknown>> = {},
): BuiltModel {
  return new BuiltModel(model as unknown as Model, context, readModelOptions(model as unknown as Model, given));
}

/**
 * A model ready to train and to rank: a recommender's equations with all that is shared. Parameters are updated in place by the
 * trainer's optimizer.
 */
export class BuiltModel {
  /** blocks and graphs that are absent, and why */
  readonly remarks: readonly string[];
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** values that change while training and are no parameters */
  readonly state: Readonly<Record<string, Floats>>;
  readonly passes: readonly BuiltPass[];
  readonly sweeps: Sweeps | undefined;
  /** whether its loss is BPR of the scores it ranks by, and terms beside it */
  readonly isPairwise: boolean;
  /** See `Recommender.fusedStep`. */
  readonly fusedStep: ((batch: Batch, readLoss?: ReadLoss) => number) | undefined;
  /** See `Recommender.updateUserKnowledge`; undefined where the model has no knowledge of users. */
  readonly updateUserKnowledge: ((userIds: Int32Array, rows: Matrix) => void) | undefined;

  /** of the products in steps and rankings */
  readonly precision: Precision;

  private readonly device: Device;
  private readonly core: Recommender;
  private readonly partsRestored: (() => void)[] = [];
  /** what the model holds; what was made for the epoch */
  private readonly memory: Record<'model' | 'epoch', MemoryScope>;
  private represented: Representations | null = null;

  constructor(
    model: Model,
    { data, device, random, precision = 'fp32' }: BuildContext,
    options: Readonly<Record<string, unknown>>,
  ) {
    checkContent(model, data);
    checkCards(model, device, options);
    device.kernelsIn(precision); // refuses what it lacks
    this.device = device;
    this.precision = precision;
    this.memory = { model: device.scope(), epoch: device.scope() };
    const remarks: string[] = [];
    const remark = (text: string) => void remarks.push(text);
    const state: Record<string, Floats> = {};
    const keeps = (name: string, memory: Floats, restored: () => void): void => {
      state[name] = memory;
      this.partsRestored.push(restored);
    };
    const context = { data, device, precision, random, remark, keeps, options: options as never };
    this.core = this.memory.model.run(() => model.build(context));
    device.trim(); // steps take other sizes than graphs and features took
    this.remarks = model.reconstruction ? [reconstructionRemark, ...remarks] : remarks;
    const { parameters, sweeps, enhancement, fusedStep, updateUserKnowledge } = this.core;
    this.parameters = parameters;
    this.state = { ...this.core.state, ...state };
    this.sweeps = sweeps;
    this.isPairwise = !sweeps && !this.core.loss && !this.core.passes;
    this.fusedStep = enhancement ? undefined : fusedStep?.bind(this.core);
    this.updateUserKnowledge =
      updateUserKnowledge && ((users, rows) => this.lasting(() => this.core.updateUserKnowledge?.(users, rows)));
    this.passes = sweeps ? [] : this.fillIn(this.core.passes ?? [allParameters(parameters)]);
  }

  /** Scalar training loss of the batch on the tape. */
  loss(tape: Tape, given: Batch): Tensor {
    const { core } = this;
    const batch = core.triples?.(tape, given) ?? given;
    const { plain, ranked } = this.rows(tape, batch);
    if (core.loss) return core.loss(tape, batch, ranked);
    const terms = core.terms?.(tape, batch, plain) ?? [];
    return tape.total([tape.bpr(ranked.user, ranked.positive, ranked.negative), ...terms]);
  }

  /** The rows of a batch with what else forward made: as the model has them, and as they rank (with what stands on top). */
  private rows(tape: Tape, batch: Batch): { readonly plain: MadeRows; readonly ranked: MadeRows } {
    const { rows, enhancement } = this.core;
    if (rows && !enhancement) {
      const plain = rows.call(this.core, tape, batch);
      return { plain, ranked: plain };
    }
    const { users, items, ...others } = this.forward(tape, batch);
    const plain = batchRows(tape, { users, items }, batch);
    const ranked = enhancement?.rows(tape, { users, items }, batch, plain) ?? plain;
    return { plain: { ...others, ...plain }, ranked: { ...others, ...ranked } };
  }

  /** How the model ranks. Tables are the model's own and valid until its next call. */
  ranking(): Ranking {
    const { core, device, precision } = this;
    if (core.scores) {
      const scores = core.scores();
      return core.enhancement?.scores(scores) ?? scores;
    }
    const tape = new Tape(device, { recording: false, precision });
    return tape.step(() => {
      const made = this.forward(tape);
      return this.copied(core.enhancement?.whole(tape, made) ?? made);
    });
  }

  private copied({ users, items }: Represented<Tensor>): Representations {
    const { device } = this;
    this.represented ??= this.lasting(() => ({
      users: device.floats(users.rows * users.cols, 'any'),
      items: device.floats(items.rows * items.cols, 'any'),
      d: users.cols,
    }));
    device.kernels.axpby({ out: this.represented.users, x: users.settle(), alpha: 1, beta: 0 });
    device.kernels.axpby({ out: this.represented.items, x: items.settle(), alpha: 1, beta: 0 });
    return this.represented;
  }

  /**
   * The scores as a sum of named inner products: the first stage, what each further stage of users and items
   * adds, what stands beside. They add up to the ranking's score but for rounding. Null for a model that gives scores.
   * @returns host copies
   */
  scoreParts(): ScorePart[] | null {
    const { core, device, precision } = this;
    if (core.scores) return null;
    const tape = new Tape(device, { recording: false, precision });
    return tape.step(() => partsOf(this.stages(tape)));
  }

  private stages(tape: Tape): Stages {
    const { enhancement, stages } = this.core;
    const own = stages?.call(this.core, tape);
    if (own && !enhancement) return own;
    const made = this.forward(tape);
    const users = [{ name: 'model', table: made.users }];
    const items = [{ name: 'model', table: made.items }];
    const whole = enhancement?.whole(tape, made);
    if (whole && whole.users !== made.users) users.push({ name: 'bmu', table: whole.users });
    if (whole && whole.items !== made.items) items.push({ name: 'bmi', table: whole.items });
    return { users, items, beside: [] };
  }

  /** See `Recommender.beforeEpoch`. */
  beforeEpoch(epoch: number, resumed = false): void {
    if (!this.core.beforeEpoch) return;
    this.memory.epoch.release();
    this.memory.epoch.run(() => this.core.beforeEpoch?.(epoch, resumed));
  }

  /** To be called after parameters and state were written back in place. */
  restored(): void {
    this.lasting(() => {
      for (const restored of this.partsRestored) restored();
      this.core.restored?.();
    });
  }

  /** What differs from the run's optimizer for this parameter. */
  optimizerOf(parameter: string): OptimizerSettings {
    return this.core.optimizer?.(parameter) ?? {};
  }

  /** Factor of every learning rate in this epoch. */
  learningRateFactor(epoch: number): number {
    return this.core.learningRateFactor?.(epoch) ?? 1;
  }

  /** Gives all memory back to the device; the model must not be used again. */
  release(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dropGradient();
    for (const scope of Object.values(this.memory)) scope.release();
  }

  private forward(tape: Tape, batch?: Batch): Represented<Tensor> {
    if (this.core.forward) return this.core.forward(tape, batch);
    throw new Error('a model without scores needs a forward');
  }

  private lasting<Result>(body: () => Result): Result {
    return this.memory.model.run(body);
  }

  private fillIn(passes: NonNullable<Recommender['passes']>): BuiltPass[] {
    return passes.map(({ over, updates }) => ({
      over,
      updates: updates.map(({ parameters, loss }) => ({
        parameters: Object.fromEntries(parameters.map((name) => [name, this.parameters[name]])),
        // a pass hands its updates the batches it goes over
        loss: (tape, batch) => (loss ? loss(tape, batch as Batch) : this.loss(tape, batch as Batch)),
        ...(!loss &&
          this.fusedStep && { fusedStep: this.fusedStep as (batch: UserBatch, readLoss?: ReadLoss) => number }),
      })),
    }));
  }
}

function allParameters(parameters: Readonly<Record<string, Tensor>>) {
  return { over: 'triples', updates: [{ parameters: Object.keys(parameters) }] } as const;
}
