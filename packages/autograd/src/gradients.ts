import type { Device, Floats } from '@agentmmrec/kernels';
import type { Accumulator } from './primitive.js';
import type { Tensor } from './tensor.js';

/** Elements of another tensor on its memory, maybe in another shape: `start` is the first of them there. */
export interface View {
  readonly of: Tensor;
  readonly start: number;
}

/**
 * Gradients of one backward pass. Those of results live here and go back to the pool as soon as their node is done; those
 * of parameters are written to `parameter.gradient`. Gradients of scalars stay numbers on the host as long as they only
 * come from scalars, so that the weights of a sum of losses never cost a copy from the device. The gradient of a view is a part of
 * the gradient of what it views.
 */
export class Gradients {
  private readonly buffers = new Map<Tensor, Floats>();
  private readonly numbers = new Map<Tensor, number>();
  /** results whose buffer has become the gradient of an input */
  private readonly handedOn = new Set<Tensor>();

  /** @param results what the tape made; any other tensor is a leaf */
  constructor(
    private readonly device: Device,
    private readonly results: ReadonlySet<Tensor>,
    private readonly views: ReadonlyMap<Tensor, View>,
  ) {}

  seed(loss: Tensor, value: number): void {
    if (loss.requiresGradient) this.numbers.set(loss, value);
  }

  has(tensor: Tensor): boolean {
    return this.buffers.has(tensor) || this.numbers.has(tensor);
  }

  /** The gradient of a result as a buffer, new with the given content when nothing has been added yet. */
  buffer(tensor: Tensor, content: 'zeros' | 'any' = 'zeros'): Floats {
    const known = this.buffers.get(tensor);
    if (known) return known;
    const made = this.device.alike(tensor.dataAsIs, content);
    this.buffers.set(tensor, made);
    const number = this.numbers.get(tensor);
    if (number !== undefined) this.device.write(made, Float32Array.of(number));
    this.numbers.delete(tensor);
    return made;
  }

  /** The gradient of a [1, 1] result on the host. */
  number(tensor: Tensor): number {
    return this.numbers.get(tensor) ?? this.device.read(this.buffer(tensor))[0];
  }

  /** See `BackwardCall.into`. */
  into(input: Tensor): Floats | null {
    if (!input.requiresGradient) return null;
    const view = this.views.get(input);
    if (view) return this.part(view, input);
    return this.results.has(input) ? this.buffer(input) : input.gradientBuffer();
  }

  /** See `BackwardCall.over`. */
  over(input: Tensor): Accumulator | null {
    if (!input.requiresGradient) return null;
    const view = this.views.get(input);
    if (view) return { to: this.part(view, input), beta: 1 };
    if (!this.results.has(input)) return input.gradientTarget();
    const beta = this.has(input) ? 1 : 0;
    return { to: this.buffer(input, 'any'), beta };
  }

  /** See `BackwardCall.pass`. */
  pass(out: Tensor, input: Tensor, alpha: number): void {
    if (!input.requiresGradient) return;
    const isResult = this.results.has(input) && !this.views.has(input);
    const number = this.numbers.get(out);
    if (number !== undefined && isResult && !this.buffers.has(input)) {
      this.numbers.set(input, (this.numbers.get(input) ?? 0) + alpha * number);
      return;
    }
    const from = this.buffer(out);
    if (alpha === 1 && isResult && !this.has(input) && !this.handedOn.has(out)) {
      this.buffers.set(input, from);
      this.handedOn.add(out);
      return;
    }
    const target = this.over(input);
    if (target) this.device.kernels.axpby({ out: target.to, x: from, alpha, beta: target.beta });
  }

  /** The gradient of `out` has been used: its memory is free unless an input took it. */
  finish(out: Tensor): void {
    const buffer = this.buffers.get(out);
    if (buffer && !this.handedOn.has(out)) this.device.release(buffer);
    this.buffers.delete(out);
    this.numbers.delete(out);
  }

  private part({ of, start }: View, view: Tensor): Floats {
    const whole = this.into(of);
    if (whole === null) throw new Error('a view needs a gradient only where what it views does');
    return whole.subarray(start, start + view.rows * view.cols);
  }

  /** Frees what an interrupted pass left. */
  release(): void {
    for (const buffer of new Set(this.buffers.values())) this.device.release(buffer);
    this.buffers.clear();
    this.numbers.clear();
  }
}
