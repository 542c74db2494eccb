import { digest } from '@agentmmrec/core';

/** A value of a row. */
export type RowValue = string | number | null;

/** Of the values of a row in their order, to notice bytes that changed: 64 bits of SHA-256. */
export function rowDigest(values: readonly RowValue[]): string {
  return digest(JSON.stringify(values)).slice(0, 16);
}
