import { expect, test } from '@jest/globals';
import { spentLine } from './reasoner.js';

test.each([
  [0, null, '16 requests, 0 tokens'],
  [999, 0.02, '16 requests, 999 tokens, 0.02 money'],
  [31_000, 0.5, '16 requests, 0.0310 M tokens, 0.50 money'],
])('%i tokens as a person reads them', (inputTokens, money, line) => {
  expect(spentLine({ requests: 16, inputTokens, outputTokens: 0, money })).toBe(line);
});
