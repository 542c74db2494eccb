import { type KnowledgeParts, type Matrix, matrix, matrixRow } from '@agentmmrec/core';
import type { TextEncoder } from './encoder.js';

/** `mean`: the mean of the parts' vectors. `concat`: the vector of the joined text, the paper's letter. */
export const knowledgeEncodings = ['mean', 'concat'] as const;
/** How the parts of an entry become one vector. */
export type KnowledgeEncoding = (typeof knowledgeEncodings)[number];

/**
 * Embeds knowledge entries (method section 2): t of each part, mean of the parts present, unit length; or t of the parts joined.
 * @returns [entries, encoder.width] float32: unit rows, zero for an entry without parts; owned by the caller
 */
export async function encodeKnowledge(
  entries: readonly KnowledgeParts[],
  encoder: TextEncoder,
  encoding: KnowledgeEncoding,
): Promise<Matrix> {
  const parts = entries.map(
    (entry) => [entry.text, entry.visual, entry.crossModal].filter((part) => part !== null && part !== '') as string[],
  );
  if (encoding === 'concat') return await encoder.encode(parts.map((present) => present.join(' ')));
  const vectors = await encoder.encode(parts.flat());
  const rows = matrix(entries.length, encoder.width);
  let next = 0;
  parts.forEach((present, entry) => {
    const sum = new Float64Array(encoder.width);
    for (const _ of present) {
      matrixRow(vectors, next++).forEach((value, n) => {
        sum[n] += value;
      });
    }
    // The mean and the sum have the same direction, and only that is kept.
    const norm = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    if (norm > 0) matrixRow(rows, entry).set(sum.map((value) => value / norm));
  });
  return rows;
}
