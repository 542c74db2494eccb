import { AmrError } from '@agentmmrec/core';
import type { Floats } from '@agentmmrec/kernels';
import type { Tensor } from './tensor.js';

/** Hyper-parameters of Adam; the defaults are the paper's. */
export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** decoupled weight decay (AdamW, Loshchilov and Hutter 2019); 0 = plain Adam */
  readonly weightDecay?: number;
}

/** What a checkpoint needs to go on with the same bits: steps taken, and `<parameter>.m`, `<parameter>.v`. */
export interface AdamState {
  readonly step: number;
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/** Adam (Kingma and Ba 2015, algorithm 1) over named parameters, dense: every row moves each step, as in the field's libraries. */
export class Adam {
  private readonly moments: Readonly<Record<string, { m: Floats; v: Floats }>>;
  private steps = 0;
  /** may be changed between steps (schedules) */
  learningRate: number;

  constructor(
    private readonly parameters: Readonly<Record<string, Tensor>>,
    private readonly options: AdamOptions,
  ) {
    this.learningRate = options.learningRate;
    this.moments = Object.fromEntries(
      Object.entries(parameters).map(([name, { device, rows, cols }]) => [
        name,
        { m: device.floats(rows * cols), v: device.floats(rows * cols) },
      ]),
    );
  }

  /**
   * Updates in place every parameter that has a gradient, and gives the gradients back to the pool. A parameter that no
   * gradient reached since the last step is left alone, its moments too.
   */
  step(): void {
    this.steps++;
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = this.options;
    for (const [name, parameter] of Object.entries(this.parameters)) {
      if (!parameter.gradient) continue;
      parameter.device.kernels.adam({
        parameter: parameter.data,
        ...this.moments[name],
        gradient: parameter.gradient,
        step: this.steps,
        learningRate: this.learningRate,
        beta1,
        beta2,
        epsilon,
        weightDecay,
      });
      parameter.dropGradient();
    }
  }

  /** A copy of the state on the host. */
  state(): AdamState {
    const buffers: Record<string, Float32Array> = {};
    for (const [name, { device }] of Object.entries(this.parameters)) {
      buffers[`${name}.m`] = device.read(this.moments[name].m).slice();
      buffers[`${name}.v`] = device.read(this.moments[name].v).slice();
    }
    return { step: this.steps, buffers };
  }

  /** Takes over a state made by `state`. @throws AmrError input when a buffer is missing, unknown, or of another length */
  load(state: AdamState): void {
    const wanted = new Map<string, { device: Tensor['device']; buffer: Floats }>();
    for (const [name, { device }] of Object.entries(this.parameters)) {
      wanted.set(`${name}.m`, { device, buffer: this.moments[name].m });
      wanted.set(`${name}.v`, { device, buffer: this.moments[name].v });
    }
    for (const [name, { buffer }] of wanted) {
      const given = state.buffers[name];
      if (given?.length !== buffer.length) {
        throw stateError(`buffer ${name}`, given ? `${given.length} values` : 'nothing', `${buffer.length} values`);
      }
    }
    const unknown = Object.keys(state.buffers).find((name) => !wanted.has(name));
    if (unknown) throw stateError(`buffer ${unknown}`, 'an unknown name', `one of ${[...wanted.keys()].join(', ')}`);
    for (const [name, { device, buffer }] of wanted) device.write(buffer, state.buffers[name]);
    this.steps = state.step;
  }

  /** Gives the moments back to the pool; the optimizer must not be used again. */
  release(): void {
    for (const [name, { device }] of Object.entries(this.parameters)) {
      device.release(this.moments[name].m);
      device.release(this.moments[name].v);
    }
  }
}

function stateError(what: string, got: string, expected: string): AmrError {
  return new AmrError({
    what: `optimizer state, ${what}`,
    got,
    expected,
    hint: 'the checkpoint is of another model or other options: train again or name the right checkpoint',
  });
}
