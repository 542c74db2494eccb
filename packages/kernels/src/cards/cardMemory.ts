import { AmrError } from '@agentmmrec/core';
import type { DeviceCsr, DeviceMemory, Floats, Ints } from '../arrays.js';
import type { CardOf } from '../cuda/cudaDevice.js';

/** Columns that are summed at once, and so stay on one card; cards have such blocks in turn (cuda/runtime/context.h). */
export const COLUMNS_OF_BLOCK = 16;

/**
 * Memory on several cards: the same on each, or, of a table, some of the columns. What is shared lies in blocks of 16 elements that the
 * cards have in turn, so that rows of any number of columns are shared alike as long as each card gets whole blocks of them.
 */
export class CardMemory<T extends 'f32' | 'i32'> implements DeviceMemory<T> {
  readonly dtype: T;
  readonly length: number;

  /**
   * @param parts by card
   * @param isShared each card has some of the elements; else all
   */
  constructor(
    readonly parts: readonly DeviceMemory<T>[],
    readonly isShared = false,
  ) {
    this.dtype = parts[0].dtype;
    this.length = parts[0].length * (isShared ? parts.length : 1);
  }

  subarray(start: number, end: number): CardMemory<T> {
    const { parts, isShared } = this;
    const [share, step] = isShared ? [parts.length, parts.length * COLUMNS_OF_BLOCK] : [1, 1];
    if (start % step !== 0 || end % step !== 0) {
      throw new AmrError({
        what: 'memory of several cards',
        got: `elements ${start} to ${end} of a table of which each card has some columns`,
        expected: `whole rows, or multiples of ${step} elements`,
        hint: 'take memory with `floats` where it is no table',
        kind: 'internal',
      });
    }
    return new CardMemory(
      parts.map((part) => part.subarray(start / share, end / share)),
      isShared,
    );
  }
}

/** The memory as a group's. @throws AmrError internal: it is another device's */
export function onCards(memory: Floats): CardMemory<'f32'>;
/** The same of int32. */
export function onCards(memory: Ints): CardMemory<'i32'>;
/** The same of either. */
export function onCards(memory: Floats | Ints): CardMemory<'f32'> | CardMemory<'i32'>;
export function onCards(memory: Floats | Ints): CardMemory<'f32'> | CardMemory<'i32'> {
  if (memory instanceof CardMemory) return memory;
  throw new AmrError({
    what: 'several cards',
    got: memory.constructor.name,
    expected: 'memory of these cards',
    hint: 'upload host values first',
    kind: 'internal',
  });
}

/** What one of the cards has of an argument of a kernel. */
export function partOf(argument: unknown, card: number): unknown {
  if (argument instanceof CardMemory) return argument.parts[card];
  if (!isMatrix(argument)) return argument;
  const { offsets, indices, values } = argument;
  return { ...argument, offsets: partOf(offsets, card), indices: partOf(indices, card), values: partOf(values, card) };
}

function isMatrix(argument: unknown): argument is DeviceCsr {
  return typeof argument === 'object' && argument !== null && 'offsets' in argument && 'indices' in argument;
}

/** What a card has of a table on the host. */
export function columnsOf(table: Float32Array, { cards, card }: CardOf): Float32Array {
  const part = new Float32Array(table.length / cards);
  for (let block = 0; block < part.length / COLUMNS_OF_BLOCK; block++) {
    const start = (block * cards + card) * COLUMNS_OF_BLOCK;
    part.set(table.subarray(start, start + COLUMNS_OF_BLOCK), block * COLUMNS_OF_BLOCK);
  }
  return part;
}

/** Writes what a card has into the table. */
export function putColumns(table: Float32Array, part: Float32Array, { cards, card }: CardOf): void {
  for (let block = 0; block < part.length / COLUMNS_OF_BLOCK; block++) {
    const own = part.subarray(block * COLUMNS_OF_BLOCK, (block + 1) * COLUMNS_OF_BLOCK);
    table.set(own, (block * cards + card) * COLUMNS_OF_BLOCK);
  }
}
