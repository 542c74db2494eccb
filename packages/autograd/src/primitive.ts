import type { Device, Floats, Ints, Kernels, Segments } from '@agentmmrec/kernels';
import { type Shape, shapeError, showShape, type Tensor } from './tensor.js';

/** What a primitive's forward is handed. */
export interface ForwardCall<A> {
  readonly kernels: Kernels;
  readonly device: Device;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  /** the result; its memory holds anything, or zeros where the row says `accumulates` */
  readonly out: Tensor;
  /** memory (any content) that lives until the step ends: for what the backward needs again */
  keep(shape: Shape): Floats;
  /** memory that is given back when the forward returns */
  scratch(shape: Shape, content: 'zeros' | 'any'): Floats;
}

/** Where a gradient goes: to = contribution + beta * to. With beta 0 `to` holds anything and must be overwritten whole. */
export interface Accumulator {
  readonly to: Floats;
  readonly beta: 0 | 1;
}

/** What a primitive's backward is handed. */
export interface BackwardCall<A, S> {
  readonly kernels: Kernels;
  readonly device: Device;
  readonly inputs: readonly Tensor[];
  readonly attributes: A;
  readonly out: Tensor;
  /** what the forward returned */
  readonly saved: S;
  /** gradient of the loss with respect to `out`, [out.rows * out.cols] */
  readonly dOut: Floats;
  /** `dOut` of a [1, 1] result as a number, without a copy from the device where it is known here */
  upstream(): number;
  /** The gradient of `input`, zeros at first, for kernels that add; null when it needs none: then its work is skipped. */
  into(input: Tensor): Floats | null;
  /** The same for kernels that can overwrite, which saves filling with zeros. */
  over(input: Tensor): Accumulator | null;
  /** Adds alpha * dOut to the gradient of `input`; hands the memory on where it can. Call it after the last other use of `dOut`. */
  pass(input: Tensor, alpha?: number): void;
  /** Memory that is given back when the backward returns. */
  scratch(shape: Shape, content: 'zeros' | 'any'): Floats;
  /**
   * Runs of equal ids, sorted once per step and shared by all gathers of the same ids. `perRow` > 1: the ids are a
   * [n, perRow] table and `order` names its rows.
   */
  segments(ids: Ints, perRow?: number): Segments;
}

/** One row of the gradient table: shape rule, forward and backward of one operation. */
export interface Primitive<A, S = void> {
  readonly name: string;
  /** true when the forward adds to `out` and so needs zeros in it */
  readonly accumulates?: boolean;
  /**
   * true for a result that mostly goes where whole rows are needed (unit rows, on their way into InfoNCE): of several cards each then has
   * all of it, instead of some columns that would be handed round again
   */
  readonly isWhole?: boolean;
  /** Shape of the result. @throws AmrError internal with both shapes when the operands do not fit */
  shape(inputs: readonly Tensor[], attributes: A): Shape;
  /** Fills `out`; what it returns is handed to `backward`. */
  forward(call: ForwardCall<A>): S;
  /** Adds the gradients of the inputs, from that of the result. */
  backward(call: BackwardCall<A, S>): void;
}

/** Keeps the types of a row. */
export function definePrimitive<A, S = void>(primitive: Primitive<A, S>): Primitive<A, S> {
  return primitive;
}

/** Both operands must have one shape; returns it. */
export function sameShape(name: string, a: Tensor, b: Tensor): Shape {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw shapeError(name, `${a.name} ${showShape(a.shape)} and ${b.name} ${showShape(b.shape)}`, 'equal shapes');
  }
  return a.shape;
}

/** Requires a fact about shapes, said as `got` and `expected` when it does not hold. */
export function requireShape(name: string, holds: boolean, got: string, expected: string): void {
  if (!holds) throw shapeError(name, got, expected);
}
