import { AmrError, philox } from '@agentmmrec/core';
import type { DeviceCsr, Ints } from './arrays.js';
import { EDGE_LENGTHS, emptyMatrix, idValues, sparseMatrix } from './caseValues.js';
import { csrBytes, csrPositional, type HostCall, type HostCsr, type KernelCase, type KernelSpec } from './kernel.js';

/**
 * negatives[m]: for each userIds[j] an item in [0, items) outside the user's row of `train`, uniform. Draw t of position j
 * is Philox(key, counter = (first + j, t)) word 0, mapped by the high word of word * items (as RandomStream.integer); the
 * first t outside the row is taken. A user who has every item is an error.
 */
export interface SampleNegatives {
  negatives: Ints;
  userIds: Ints;
  train: DeviceCsr;
  items: number;
  key0: number;
  key1: number;
  first: number;
}

function reference(call: HostCall<SampleNegatives>): void {
  const { negatives, userIds, train, items, key0, key1, first } = call;
  const words = new Uint32Array(4);
  for (let j = 0; j < negatives.length; j++) {
    const row = new Set(train.indices.subarray(train.offsets[userIds[j]], train.offsets[userIds[j] + 1]));
    if (row.size >= items) {
      throw new AmrError({
        what: 'sampleNegatives',
        got: `user ${userIds[j]} with all ${items} items`,
        expected: 'a user with an item to draw',
        hint: 'leave such users out of the batch',
        kind: 'internal',
      });
    }
    let draw = 0;
    do {
      philox(words, { k0: key0, k1: key1 }, [first + j, draw++]);
      // The high word of word * items; the product is below 2^63, so it is taken exactly, not as a float64.
      negatives[j] = Number((BigInt(words[0]) * BigInt(items)) >> 32n);
    } while (row.has(negatives[j]));
  }
}

function cases(): KernelCase<SampleNegatives>[] {
  const made: KernelCase<SampleNegatives>[] = [];
  const add = (label: string, m: number, train: HostCsr, items: number, first = 0) => {
    const negatives = new Int32Array(m).fill(-7);
    const [key0, key1] = [0xfedcba98, 0x89abcdef];
    made.push({ label, call: { negatives, userIds: idValues(m, train.rows, 4), train, items, key0, key1, first } });
  };
  const sparse = sparseMatrix(50, 300, 1, 'ones', 0);
  for (const m of [0, ...EDGE_LENGTHS]) add(`${m} draws`, m, sparse, 300);
  add('nearly full rows', 200, fullButOne(20, 37), 37);
  add('no training items', 100, emptyMatrix(5, 9), 9);
  add('one item', 10, emptyMatrix(5, 1), 1);
  add('items beyond the matrix', 500, sparse, 16_777_216);
  add('a matrix with values', 100, sparseMatrix(20, 60, 1, 'real', 0), 60);
  add('last counters', 100, sparse, 300, 2 ** 32 - 101);
  return made;
}

/** Row r has every item but (7 r) mod items. */
function fullButOne(rows: number, items: number): HostCsr {
  const all = Array.from({ length: items }, (_, item) => item);
  const indices = Int32Array.from(
    Array.from({ length: rows }, (_, r) => all.filter((item) => item !== (7 * r) % items)).flat(),
  );
  const offsets = Int32Array.from({ length: rows + 1 }, (_, r) => r * (items - 1));
  return { rows, cols: items, nnz: indices.length, offsets, indices, values: null };
}

export const sampleNegatives: KernelSpec<SampleNegatives> = {
  positional: ({ negatives, userIds, train, items, key0, key1, first }) => [
    negatives,
    userIds,
    ...csrPositional(train),
    items,
    key0,
    key1,
    first,
  ],
  outputs: ['negatives'],
  reference,
  cases,
  tolerance: () => ({ absolute: 0, relative: 0, reason: 'whole numbers' }),
  bytes: { formula: '8m + graph', count: ({ negatives, train }) => 8 * negatives.length + csrBytes(train) },
  flops: { formula: '0', count: () => 0 },
  typical: (step) => {
    const { nnz } = step.train;
    const arrays = { negatives: step.ints(nnz), userIds: step.ids(nnz, step.users), train: step.uploadCsr(step.train) };
    return [{ shape: `${nnz} positions`, call: { ...arrays, items: step.items, key0: 1, key1: 2, first: 0 } }];
  },
};
