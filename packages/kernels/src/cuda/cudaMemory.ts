import { AmrError } from '@agentmmrec/core';
import type { DeviceMemory, Floats, Ints } from '../arrays.js';
import { asAmrError, type Handle, type NativeCuda } from '../native.js';
import { Unrecordable } from '../recorder.js';

/** What was taken from the card at once; all views share it. */
export interface Block {
  readonly handle: Handle;
  /** elements */
  readonly length: number;
  /** the host's copy of integers, where it has one: until something else writes there */
  values: Int32Array | undefined;
}

/** Memory on the card. A view shares it, and what is known of it. */
export class CudaMemory<T extends 'f32' | 'i32'> implements DeviceMemory<T> {
  readonly handle: Handle;
  readonly start: number;
  readonly length: number;

  constructor(
    private readonly native: NativeCuda,
    readonly dtype: T,
    readonly block: Block,
    view: { readonly handle: Handle; readonly start: number; readonly length: number },
  ) {
    this.handle = view.handle;
    this.start = view.start;
    this.length = view.length;
  }

  subarray(start: number, end: number): CudaMemory<T> {
    const handle = translated(() => this.native.view(this.handle, start, end));
    const view = { handle, start: this.start + start, length: end - start };
    return new CudaMemory(this.native, this.dtype, this.block, view);
  }

  get isWhole(): boolean {
    return this.length === this.block.length;
  }
}

/** The memory as a card's. @throws AmrError internal: it is another device's */
export function onCard(memory: Floats | Ints): CudaMemory<'f32' | 'i32'> {
  if (memory instanceof CudaMemory) return memory;
  throw new AmrError({
    what: 'CUDA device',
    got: memory.constructor.name,
    expected: 'memory of this device',
    hint: 'upload host values first',
    kind: 'internal',
  });
}

/** The addon's errors as ours: those of the driver and the card are failures with their own hint. */
export function translated<Result>(run: () => Result, kind: 'input' | 'failed' = 'failed'): Result {
  try {
    return run();
  } catch (error) {
    if (isCudaError(error)) {
      const { what, got, expected, hint } = error;
      throw new AmrError({ what, got, expected, hint, kind, cause: error });
    }
    if (isUnrecordable(error)) throw new Unrecordable(error.got);
    const mistake = 'this is a mistake in the program, please report it';
    throw kind === 'input'
      ? asAmrError(error, 'input', 'leave the memory limit out to use the whole card')
      : asAmrError(error, 'internal', mistake);
  }
}

function isCudaError(error: unknown): error is Error & { what: string; got: string; expected: string; hint: string } {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'AMR_CUDA' && 'hint' in error;
}

function isUnrecordable(error: unknown): error is Error & { got: string } {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'AMR_UNRECORDABLE';
}
