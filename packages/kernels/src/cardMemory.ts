import { AmrError } from '@agentmmrec/core';
import type { DeviceCsr, DeviceMemory, Floats, Ints } from './arrays.js';
import type { CudaMemory } from './cudaDevice.js';

/** Columns that are summed at once, and so stay on one card (cuda/runtime/context.h). */
export const COLUMNS_OF_BLOCK = 16;

/** Memory on several cards: the same on each, or, of a table, on each some of the columns. */
export class CardMemory<T extends 'f32' | 'i32'> implements DeviceMemory<T> {
  readonly dtype: T;
  readonly length: number;

  /**
   * @param parts by card
   * @param columns of a row of the whole table; 0: every card has all
   */
  constructor(
    readonly parts: readonly CudaMemory<T>[],
    readonly columns = 0,
  ) {
    this.dtype = parts[0].dtype;
    this.length = parts[0].length * (columns > 0 ? parts.length : 1);
  }

  subarray(start: number, end: number): CardMemory<T> {
    const { parts, columns } = this;
    if (columns > 0 && (start % columns !== 0 || end % columns !== 0)) {
      throw new AmrError({
        what: 'memory of several cards',
        got: `elements ${start} to ${end} of rows of ${columns} columns, of which each card has some`,
        expected: 'whole rows',
        hint: 'take memory with `floats` where it is no table',
        kind: 'internal',
      });
    }
    const share = columns > 0 ? parts.length : 1;
    return new CardMemory(
      parts.map((part) => part.subarray(start / share, end / share)),
      columns,
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
  const part = (memory: Floats | Ints | null) => memory && onCards(memory).parts[card];
  return { ...argument, offsets: part(offsets), indices: part(indices), values: part(values) };
}

function isMatrix(argument: unknown): argument is DeviceCsr {
  return typeof argument === 'object' && argument !== null && 'offsets' in argument && 'indices' in argument;
}

/** The columns that a card has of a table on the host. */
export function columnsOf(table: Float32Array, columns: number, card: number, cards: number): Float32Array {
  const own = columns / cards;
  const part = new Float32Array(table.length / cards);
  for (let row = 0; row < table.length / columns; row++) {
    const start = row * columns + card * own;
    part.set(table.subarray(start, start + own), row * own);
  }
  return part;
}

/** Writes the columns of a card into the table. */
export function putColumns(table: Float32Array, columns: number, card: number, part: Float32Array): void {
  const own = part.length / (table.length / columns);
  for (let row = 0; row < table.length / columns; row++) {
    table.set(part.subarray(row * own, (row + 1) * own), row * columns + card * own);
  }
}
