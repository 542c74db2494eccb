import { test } from '@jest/globals';
import { expectSameRuns, largeIds } from '../cuda/support/sortedIds.js';
import { card } from './card.js';

test.each(largeIds)('ids sorted on the card: %s', (_, count, bound) => {
  expectSameRuns(card, [Array.from({ length: count }, (_, i) => (i * 48271) % bound)], [0], 1);
});
