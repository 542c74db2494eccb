import { AmrError, type RandomStream, RandomStreams } from '@agentmmrec/core';
import type {
  Device,
  Floats,
  IdPart,
  Ints,
  Kernels,
  Precision,
  RandomLaw,
  Segments,
  SortedIds,
} from '@agentmmrec/kernels';
import { ComposedOperations } from './composedOperations.js';
import { Gradients, type View } from './gradients.js';
import type { BackwardCall, Primitive } from './primitive.js';
import { type Shape, Tensor } from './tensor.js';

/** Ids without repetitions, ascending. */
export interface DistinctIds {
  readonly ids: Ints;
  /** [1] where only the device knows how many they are: those beyond repeat the last one. Null: all of `ids`. */
  readonly count: Ints | null;
  /** for each of the ids as they came, which of the distinct ones it is */
  readonly places: Ints;
}

interface TapeNode {
  readonly out: Tensor;
  backward(gradients: Gradients): void;
}

/**
 * Records primitive operations in order, so that their gradients can be found by walking back. All memory of a step
 * (results, kept values, gradients of results) goes back to the device's pool when the step ends; only gradients of
 * parameters stay.
 *
 *     const loss = tape.step(() => {
 *       const loss = model.loss(tape, batch);
 *       tape.backward(loss);
 *       return loss.read()[0];
 *     });
 *     adam.step();
 */
export class Tape extends ComposedOperations {
  private nodes: TapeNode[] = [];
  private results: Tensor[] = [];
  private readonly views = new Map<Tensor, View>();
  private memory: Floats[] = [];
  private integers: Ints[] = [];
  private readonly sortedByIds = new Map<Ints, { perRow: number; sorted: SortedIds }>();
  private inStep = false;
  /** results of the tape around this one, through which no gradient can flow */
  private outer: ReadonlySet<Tensor> = new Set();
  readonly recording: boolean;
  private readonly random: Pick<RandomStreams, 'stream'>;
  private readonly precision: Precision;
  private readonly kernels: Kernels;

  /**
   * @param options.recording default true
   * @param options.random what is drawn in a step (dropout, noise); the trainer gives those of the step, so that a resumed run draws
   *   the same. Default: the same numbers in every step.
   * @param options.precision of the products; default fp32
   * @throws AmrError input: a precision that the device lacks
   */
  constructor(
    readonly device: Device,
    options: { recording?: boolean; random?: Pick<RandomStreams, 'stream'>; precision?: Precision } = {},
  ) {
    super();
    this.recording = options.recording ?? true;
    this.random = options.random ?? new RandomStreams(0);
    this.precision = options.precision ?? 'fp32';
    this.kernels = device.kernelsIn(this.precision);
  }

  /** The random numbers of this step under a name; each name once a step. */
  stream(name: string): RandomStream {
    return this.random.stream(name);
  }

  /**
   * Runs `body` and then gives every buffer made inside back to the pool, also when it throws. Results must not be used
   * afterwards: return numbers, or copies. Not re-entrant, not for asynchronous bodies.
   */
  step<T>(body: () => T): T {
    if (this.inStep) throw tapeError('a step inside a step', 'one step at a time', 'use a second tape');
    this.inStep = true;
    try {
      const value = body();
      if (value instanceof Promise)
        throw tapeError('an asynchronous step', 'a body that returns at once', 'await outside the step');
      return value;
    } finally {
      this.inStep = false;
      this.clear();
    }
  }

  /** Runs one row of the gradient table on `inputs` and records it when an input needs a gradient. */
  apply<A, S>(primitive: Primitive<A, S>, inputs: readonly Tensor[], attributes: A): Tensor {
    if (!this.inStep)
      throw tapeError(
        'an operation outside tape.step',
        'operations inside a step',
        'wrap the calls in tape.step(() => ...)',
      );
    const shape = primitive.shape(inputs, attributes);
    for (const input of inputs) this.requireReachable(primitive.name, input).settle();
    const needed = this.recording && inputs.some((input) => input.requiresGradient);
    const memory = this.allocate(shape, primitive.accumulates ? 'zeros' : 'any', primitive.isWhole);
    const out = this.result(shape, memory, needed, primitive.name);
    const device = this.device;
    const saved = withScratch(device, (scratch) =>
      primitive.forward({
        kernels: this.kernels,
        device,
        inputs,
        attributes,
        out,
        keep: (kept) => this.allocate(kept, 'any'),
        scratch,
      }),
    );
    if (needed) {
      const shared = {
        kernels: this.kernels,
        device,
        inputs,
        attributes,
        out,
        saved,
        segments: this.segments.bind(this),
      };
      const backward = (gradients: Gradients): void =>
        withScratch(device, (scratch) => primitive.backward(backwardCall(gradients, scratch, shared)));
      this.nodes.push({ out, backward });
    }
    return out;
  }

  /** The rows [from, from + rows) of x as a tensor on the same memory; its gradient is that of these rows of x. Nothing is copied. */
  rows(x: Tensor, from: number, rows: number): Tensor {
    if (from < 0 || rows < 0 || from + rows > x.rows) {
      throw tapeError(
        `rows ${from} to ${from + rows} of ${x.name} with ${x.rows} rows`,
        'rows inside it',
        'check the counts of users and items',
      );
    }
    const needed = this.recording && this.requireReachable('rows', x).requiresGradient;
    const memory = x.settle().subarray(from * x.cols, (from + rows) * x.cols);
    const out = this.result([rows, x.cols], memory, needed, `rows of ${x.name}`);
    if (needed) this.views.set(out, { of: x, start: from * x.cols });
    return out;
  }

  /** x as a constant: the same memory, through which no gradient flows (stop-gradient). */
  detach(x: Tensor): Tensor {
    return this.result(x.shape, x.settle(), false, `detached ${x.name}`);
  }

  /** The elements of x, row by row, as a [rows, cols] matrix on the same memory. */
  reshape(x: Tensor, rows: number, cols: number): Tensor {
    const needed = this.recording && this.requireReachable('reshape', x).requiresGradient;
    const out = this.result([rows, cols], x.settle(), needed, x.name);
    if (needed) this.views.set(out, { of: x, start: 0 });
    return out;
  }

  /** A constant of random numbers, a function of the stream's key and the position; each call takes a stream of its own. */
  noise(law: RandomLaw, shape: Shape, stream: RandomStream): Tensor {
    const memory = this.allocate(shape, 'any');
    this.device.kernels.randomValues({ out: memory, law, key0: stream.key.k0, key1: stream.key.k1 });
    return this.result(shape, memory, false, `${law} noise`);
  }

  /** A constant of one number. */
  filled(shape: Shape, value: number): Tensor {
    const memory = this.allocate(shape, 'zeros');
    this.device.kernels.unary({ out: memory, x: memory, f: 'shift', parameter: value });
    return this.result(shape, memory, false, 'constant');
  }

  /**
   * [1, 1]: the scalar that `body` makes on a tape of its own, whose memory goes back at once; walking back makes it once more, with the
   * same draws (Chen et al. 2016, "Training deep nets with sublinear memory cost"). So a sum over blocks needs the memory of one block.
   * Gradients reach parameters only: results of this tape must be detached.
   * @throws AmrError internal when a result of this tape that needs a gradient is used inside
   */
  recomputed(body: (tape: Tape) => Tensor): Tensor {
    const inner = this.inner();
    const memory = this.allocate([1, 1], 'any');
    const needed = inner.step(() => {
      const value = body(inner);
      this.device.kernels.axpby({ out: memory, x: value.data, alpha: 1, beta: 0 });
      return value.requiresGradient;
    });
    const out = this.result([1, 1], memory, needed, 'recomputed');
    const backward = (gradients: Gradients): void =>
      inner.step(() => inner.backward(inner.scale(body(inner), gradients.number(out))));
    if (needed) this.nodes.push({ out, backward });
    return out;
  }

  /**
   * What `body` makes on a tape of its own, as constants: the memory of the way there goes back at once.
   * @throws AmrError internal when a result of this tape that needs a gradient is used inside
   */
  asides(body: (tape: Tape) => readonly Tensor[]): Tensor[] {
    const inner = this.inner();
    return inner.step(() => body(inner).map((value) => this.takenOver(value, inner)));
  }

  /** One of them. */
  aside(body: (tape: Tape) => Tensor): Tensor {
    return this.asides((tape) => [body(tape)])[0];
  }

  /**
   * Gradients of the scalar `loss` [1, 1] with respect to every parameter it depends on, added to `parameter.gradient`.
   * Branches that lead to no parameter cost nothing.
   */
  backward(loss: Tensor): void {
    if (loss.rows !== 1 || loss.cols !== 1) {
      throw tapeError(
        `a loss of shape [${loss.rows} x ${loss.cols}]`,
        'a scalar [1 x 1]',
        'reduce it with sum or mean',
      );
    }
    const gradients = new Gradients(this.device, new Set(this.results), this.views);
    try {
      gradients.seed(loss, 1);
      for (let i = this.nodes.length - 1; i >= 0; i--) {
        const node = this.nodes[i];
        if (!gradients.has(node.out)) continue;
        node.backward(gradients);
        gradients.finish(node.out);
      }
    } finally {
      gradients.release();
    }
  }

  /** A copy of host ids on the device that lives until the step ends. */
  ints(source: Int32Array): Ints {
    const memory = this.device.ints(source.length, 'any');
    this.integers.push(memory);
    this.device.write(memory, source);
    return memory;
  }

  /** The rows `ids` of a table of ids [.., width], until the step ends. */
  gatherIds(table: Ints, ids: Ints, width: number): Ints {
    const memory = this.device.gatherIds(table, ids, width);
    this.integers.push(memory);
    return memory;
  }

  /** The ids without repetitions, ascending, until the step ends. */
  distinct(ids: Ints): DistinctIds {
    const { segmentIds, distinct, places } = this.segments(ids);
    return { ids: segmentIds, count: distinct, places };
  }

  /** The same of several lists, one after the other. */
  distinctOf(parts: readonly IdPart[]): DistinctIds {
    const { segmentIds, distinct, places } = this.sorted(parts);
    return { ids: segmentIds, count: distinct, places };
  }

  /** Runs of equal ids for `scatterRows`, sorted once per step for each buffer of ids. */
  private segments(ids: Ints, perRow = 1): Segments & Pick<SortedIds, 'distinct' | 'places'> {
    const known = this.sortedByIds.get(ids);
    if (known && known.perRow === perRow) return known.sorted;
    const sorted = this.sorted([{ ids }], perRow);
    this.sortedByIds.set(ids, { perRow, sorted });
    return sorted;
  }

  private sorted(parts: readonly IdPart[], perRow?: number): SortedIds {
    const sorted = this.device.sortIds(parts, perRow);
    const { segments, ...arrays } = sorted;
    for (const memory of Object.values(arrays)) if (memory) this.integers.push(memory);
    return sorted;
  }

  /** A tape with the draws of this one, whose results end with its own steps. */
  private inner(): Tape {
    const inner = new Tape(this.device, { recording: this.recording, random: this.random, precision: this.precision });
    inner.outer = new Set([...this.outer, ...this.results]);
    return inner;
  }

  /** A result of an inner tape as a constant of this one: its memory where that is its alone, else a copy. */
  private takenOver(value: Tensor, inner: Tape): Tensor {
    const name = `constant ${value.name}`;
    const whole = value.settle();
    const at = inner.memory.indexOf(whole);
    if (at >= 0) {
      inner.memory.splice(at, 1);
      this.memory.push(whole);
      return this.result(value.shape, whole, false, name);
    }
    const copy = this.allocate(value.shape, 'any');
    this.device.kernels.axpby({ out: copy, x: whole, alpha: 1, beta: 0 });
    return this.result(value.shape, copy, false, name);
  }

  /** An input whose gradient, if it needs one, this tape can bring to where it belongs. */
  private requireReachable(operation: string, input: Tensor): Tensor {
    if (!input.requiresGradient || !this.outer.has(input)) return input;
    throw tapeError(
      `${operation} of ${input.name}, a result of the tape around it, inside recomputed`,
      'parameters, constants and detached results',
      'detach it, or make it inside',
    );
  }

  private result(shape: Shape, memory: Floats, needsGradient: boolean, name: string): Tensor {
    const out = new Tensor(this.device, shape, memory, needsGradient, name);
    this.results.push(out);
    return out;
  }

  private allocate([rows, cols]: Shape, content: 'zeros' | 'any', isWhole = false): Floats {
    const memory = isWhole ? this.device.floats(rows * cols, content) : this.device.table(rows, cols, content);
    this.memory.push(memory);
    return memory;
  }

  private clear(): void {
    for (const result of this.results) result.expire();
    for (const memory of this.memory) this.device.release(memory);
    for (const memory of this.integers) this.device.release(memory);
    this.nodes = [];
    this.results = [];
    this.views.clear();
    this.memory = [];
    this.integers = [];
    this.sortedByIds.clear();
  }
}

type Allocate = (shape: Shape, content: 'zeros' | 'any') => Floats;

function backwardCall<A, S>(
  gradients: Gradients,
  scratch: Allocate,
  shared: Omit<BackwardCall<A, S>, 'dOut' | 'upstream' | 'into' | 'over' | 'pass' | 'scratch'>,
): BackwardCall<A, S> {
  return {
    ...shared,
    scratch,
    get dOut() {
      return gradients.buffer(shared.out);
    },
    upstream: () => gradients.number(shared.out),
    into: (input) => gradients.into(input),
    over: (input) => gradients.over(input),
    pass: (input, alpha = 1) => gradients.pass(shared.out, input, alpha),
  };
}

/** Runs `body` with an allocator whose memory is released when it returns. */
function withScratch<T>(device: Device, body: (scratch: Allocate) => T): T {
  const memory: Floats[] = [];
  try {
    return body(([rows, cols], content) => {
      const made = device.table(rows, cols, content);
      memory.push(made);
      return made;
    });
  } finally {
    for (const buffer of memory) device.release(buffer);
  }
}

function tapeError(got: string, expected: string, hint: string): AmrError {
  return new AmrError({ what: 'tape', got, expected, hint, kind: 'internal' });
}
