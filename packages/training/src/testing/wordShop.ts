import { digest, matrix } from '@agentmmrec/core';
import type { ItemContent, TrainingData } from '@agentmmrec/datasets';
import type { TextEncoder } from '@agentmmrec/encoders';
import { interactionsOfRows } from './tinyModel.js';

/** Items described by a word each, and users with the given items. */
export function wordShop(rows: readonly (readonly number[])[], items: number): TrainingData {
  return {
    name: 'word shop',
    users: rows.length,
    items,
    userIds: rows.map((_, user) => `u${user}`),
    itemIds: Array.from({ length: items }, (_, item) => `i${item}`),
    train: interactionsOfRows(items, rows),
    content: Array.from(
      { length: items },
      (_, item): ItemContent => ({
        title: `thing ${item}`,
        brand: '',
        categories: [],
        description: '',
        imagePath: null,
      }),
    ),
    features: [],
    fingerprint: 'word shop',
  };
}

/** Four numbers that depend on every character: small, and different for different texts. */
export const tinyEncoder: TextEncoder = {
  id: 'tiny',
  digest: 'tiny',
  width: 4,
  encode: async (texts) => {
    const rows = matrix(texts.length, 4);
    texts.forEach((text, row) => {
      const bytes = Buffer.from(digest(text), 'hex');
      const values = [0, 1, 2, 3].map((n) => bytes[n] / 255 - 0.5);
      const norm = Math.hypot(...values);
      rows.data.set(
        values.map((value) => value / norm),
        row * 4,
      );
    });
    return rows;
  },
};
