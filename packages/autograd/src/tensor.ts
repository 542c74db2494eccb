import { AmrError, type Matrix } from '@agentmmrec/core';
import type { Device, Floats, Ints } from '@agentmmrec/kernels';

/** [rows, cols]; a scalar is [1, 1], a bias [1, d]. */
export type Shape = readonly [rows: number, cols: number];

/**
 * A row-major float32 matrix on a device that a tape can differentiate through.
 *
 * A *parameter* lives as long as its model; its `gradient` is null until a backward pass (or a fused step) reaches it, and again once the
 * optimizer took it. A *constant* never gets one, and what leads only to constants costs nothing in the backward pass. A *result* of a
 * tape lives until its step ends. Gradients of a few rows: packages/autograd/README.md.
 */
export class Tensor {
  /** Gradient of the same shape, from the device's pool; null when none has been computed since the last optimizer step. */
  gradient: Floats | null = null;
  /** Gradient of some rows, the others have none; null when there is none since the last optimizer step. */
  rowGradient: RowGradient | null = null;
  /** Rows that an optimizer lets wait; null when every row is up to date. */
  waiting: WaitingRows | null = null;
  private memory: Floats | null;

  constructor(
    readonly device: Device,
    readonly shape: Shape,
    memory: Floats,
    readonly requiresGradient: boolean,
    /** what it is called in errors */
    readonly name: string = 'tensor',
  ) {
    if (memory.length !== shape[0] * shape[1]) {
      throw shapeError(name, `${memory.length} values`, `${shape[0] * shape[1]} for shape ${showShape(shape)}`);
    }
    this.memory = memory;
  }

  get rows(): number {
    return this.shape[0];
  }

  get cols(): number {
    return this.shape[1];
  }

  /**
   * [rows * cols] on the device. Rows of a parameter that an optimizer lets wait must be settled first.
   * @throws AmrError internal when the step that made this tensor has ended, or when rows wait
   */
  get data(): Floats {
    if (this.waiting) throw unsettled(this);
    return this.dataAsIs;
  }

  /** Brings rows that an optimizer lets wait up to date, which may launch kernels, and returns the memory [rows * cols]. */
  settle(): Floats {
    this.waiting?.catchUp();
    return this.dataAsIs;
  }

  /** As `settle`, but only these rows (ascending, on the device) are sure to be up to date: for steps that read no others. */
  settleRows(rowIds: Ints): Floats {
    this.waiting?.catchUp(rowIds);
    return this.dataAsIs;
  }

  /** @internal waiting rows as they are: for the optimizer that lets them wait */
  get dataAsIs(): Floats {
    if (this.memory) return this.memory;
    throw new AmrError({
      what: `tensor ${this.name} ${showShape(this.shape)}`,
      got: 'a use after the step that made it ended',
      expected: 'results of a tape to be used inside their step',
      hint: 'read the values inside tape.step, or copy them to a buffer of your own',
      kind: 'internal',
    });
  }

  /** Host values: the memory itself on the CPU (not a copy), a copy from any other device. */
  read(): Float32Array {
    return this.device.read(this.settle());
  }

  /** Where to add a gradient: zeros on the first call since the last optimizer step. */
  gradientBuffer(): Floats {
    this.gradient ??= this.device.alike(this.dataAsIs);
    return this.gradient;
  }

  /** Where to write a gradient as to = contribution + beta * to: beta is 0, and `to` holds anything, on the first call. */
  gradientTarget(): { readonly to: Floats; readonly beta: 0 | 1 } {
    if (this.gradient) return { to: this.gradient, beta: 1 };
    this.gradient = this.device.alike(this.dataAsIs, 'any');
    return { to: this.gradient, beta: 0 };
  }

  /**
   * Takes over the gradient of some rows, when no other has been computed since the last optimizer step: rows [k, cols] of the ids
   * rowIds [k], ascending; what stands beside a repeated id counts for nothing.
   */
  setRowGradient(rowIds: Ints, rows: Floats): void {
    if (this.gradient || this.rowGradient) {
      throw new AmrError({
        what: `gradient of some rows of ${this.name}`,
        got: 'a second gradient before the optimizer took the first',
        expected: 'one of them in a step',
        hint: 'call the optimizer after each fused step',
        kind: 'internal',
      });
    }
    this.rowGradient = { rowIds, rows };
  }

  /** A copy of the gradient on the host [rows * cols], zero where there is none. */
  readGradient(): Float32Array {
    if (this.gradient) return this.device.read(this.gradient).slice();
    const whole = new Float32Array(this.rows * this.cols);
    if (!this.rowGradient) return whole;
    const [ids, rows] = [this.device.read(this.rowGradient.rowIds), this.device.read(this.rowGradient.rows)];
    ids.forEach((id, j) => {
      if (j === 0 || ids[j - 1] !== id) whole.set(rows.subarray(j * this.cols, (j + 1) * this.cols), id * this.cols);
    });
    return whole;
  }

  /** Gives the gradient back to the pool. */
  dropGradient(): void {
    if (this.gradient) this.device.release(this.gradient);
    this.gradient = null;
    if (!this.rowGradient) return;
    this.device.release(this.rowGradient.rowIds);
    this.device.release(this.rowGradient.rows);
    this.rowGradient = null;
  }

  /** @internal the tape marks its results when their step ends */
  expire(): void {
    this.memory = null;
  }
}

function unsettled(tensor: Tensor): AmrError {
  return new AmrError({
    what: `tensor ${tensor.name} ${showShape(tensor.shape)}`,
    got: 'a use while some of its rows wait for the optimizer',
    expected: 'rows that are up to date',
    hint: 'call settle() or settleRows() first',
    kind: 'internal',
  });
}

/** See `Tensor.setRowGradient`. */
export interface RowGradient {
  readonly rowIds: Ints;
  readonly rows: Floats;
}

export interface WaitingRows {
  /** Brings these rows up to date, or all of them. */
  catchUp(rowIds?: Ints): void;
}

/** A trainable tensor over memory that the caller owns (see the initialisers). */
export function parameter(device: Device, shape: Shape, memory: Floats, name: string): Tensor {
  return new Tensor(device, shape, memory, true, name);
}

/** A tensor that is never trained: features, knowledge embeddings. Uploads the matrix; on the CPU it is a view of it. */
export function constant(device: Device, values: Matrix, name: string): Tensor {
  return new Tensor(device, [values.rows, values.cols], device.upload(values.data), false, name);
}

/** `[2 x 3]` */
export function showShape(shape: Shape): string {
  return `[${shape[0]} x ${shape[1]}]`;
}

/** The error of a wrong shape: a mistake in the model, not in the data. */
export function shapeError(what: string, got: string, expected: string): AmrError {
  return new AmrError({
    what,
    got,
    expected,
    hint: 'operations never broadcast: bring the operands to one shape first',
    kind: 'internal',
  });
}
