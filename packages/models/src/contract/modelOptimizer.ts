import { Adam, type AdamState, Tape } from '@agentmmrec/autograd';
import type { RandomStreams } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel, BuiltUpdate } from './builtModel.js';
import type { UserBatch } from './data.js';
import { type ReadLoss, readSum } from './readLoss.js';

/** The steps taken by each update's optimizer, in the order of the passes, and the moments of all parameters. */
export interface OptimizerState {
  readonly steps: readonly number[];
  readonly buffers: AdamState['buffers'];
}

/** The optimizers of a model, one Adam for each update, and the steps they take. */
export class ModelOptimizer {
  /** by pass and update */
  private readonly optimizers: readonly (readonly Adam[])[];

  /** @param options.learningRate where the model says nothing else  @param options.lazy see `AdamOptions` */
  constructor(
    private readonly device: Device,
    private readonly model: BuiltModel,
    options: { readonly learningRate: number; readonly lazy?: boolean },
  ) {
    const of = (name: string) => model.optimizerOf(name);
    this.optimizers = model.passes.map(({ updates }) =>
      updates.map(({ parameters }) => new Adam(parameters, { ...options, of })),
    );
  }

  /** Sets the learning rates of an epoch. */
  startEpoch(epoch: number): void {
    for (const adam of this.all) adam.scaleLearningRate(this.model.learningRateFactor(epoch));
  }

  /**
   * The updates of a pass for one batch; returns the sum of their losses before each. A step that fails leaves no memory behind and
   * no part of a gradient, to which the next one would add.
   * @param random what the step draws (dropout, noise); default: the same in every step
   * @param readLoss what becomes of each update's loss; default: it is read, which waits for the device
   */
  step(
    batch: UserBatch,
    random?: Pick<RandomStreams, 'stream'>,
    pass = 0,
    readLoss: ReadLoss = (loss) => readSum(this.device, loss),
  ): number {
    return this.device.reclaimOnFailure(() => {
      try {
        return this.model.passes[pass].updates.reduce((sum, update, u) => {
          const loss = update.fusedStep
            ? update.fusedStep(batch, readLoss)
            : this.tapeStep(update, batch, { random, readLoss });
          this.optimizers[pass][u].step();
          if (this.all.length > 1) this.dropGradients();
          return sum + loss;
        }, 0);
      } catch (error) {
        this.dropGradients();
        throw error;
      }
    });
  }

  /** The state on the host: see `Adam.state`. */
  state(options?: { readonly copied: boolean }): OptimizerState {
    const states = this.all.map((adam) => adam.state(options));
    return {
      steps: states.map(({ step }) => step),
      buffers: Object.assign({}, ...states.map(({ buffers }) => buffers)),
    };
  }

  /** Takes over a state made by `state`. @throws AmrError input when it is of another model */
  load({ steps, buffers }: OptimizerState): void {
    const names = this.model.passes.flatMap(({ updates }) => updates.map(({ parameters }) => Object.keys(parameters)));
    const known = new Set(names.flat().flatMap((name) => [`${name}.m`, `${name}.v`]));
    const unknown = Object.entries(buffers).filter(([name]) => !known.has(name));
    this.all.forEach((adam, a) => {
      const own = names[a].flatMap((name) => [`${name}.m`, `${name}.v`]).filter((name) => name in buffers);
      const mine = [...own.map((name) => [name, buffers[name]] as const), ...unknown];
      adam.load({ step: steps[a] ?? 0, buffers: Object.fromEntries(mine) });
    });
  }

  /** The optimizer of a pass that makes one update a batch, whose steps can be recorded; null for any other pass. */
  onlyOptimizer(pass: number): Adam | null {
    const own = this.optimizers[pass];
    return this.all.length === 1 && own.length === 1 ? own[0] : null;
  }

  /** Gives the moments back to the pool; the model may still be used. */
  release(): void {
    for (const adam of this.all) adam.release();
  }

  private get all(): readonly Adam[] {
    return this.optimizers.flat();
  }

  private tapeStep(
    update: BuiltUpdate,
    batch: UserBatch,
    { random, readLoss }: { random?: Pick<RandomStreams, 'stream'>; readLoss: ReadLoss },
  ): number {
    const tape = new Tape(this.device, { precision: this.model.precision, ...(random && { random }) });
    return tape.step(() => {
      const loss = update.loss(tape, batch);
      tape.backward(loss);
      return readLoss(loss.settle());
    });
  }

  /** After one of several updates: gradients that its loss sent to parameters of others. */
  private dropGradients(): void {
    for (const parameter of Object.values(this.model.parameters)) parameter.dropGradient();
  }
}
