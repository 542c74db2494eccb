import { readFileSync } from 'node:fs';
import { AmrError } from '@agentmmrec/core';
import { expect, test } from '@jest/globals';
import { describeFailure } from './failure.js';

const facts = { what: 'x', got: 'a', expected: 'b', hint: 'c' };

test.each([
  ['input', 2],
  ['failed', 1],
  ['interrupted', 130],
  ['internal', 1],
] as const)('an error of kind %s ends in %i', (kind, exitCode) => {
  expect(describeFailure(new AmrError({ ...facts, kind }))).toEqual({
    sentence: 'x: got a, expected b. HINT: c',
    exitCode,
  });
});

test('a system error becomes a sentence with the path', () => {
  let thrown: unknown;
  try {
    readFileSync('no/such/file');
  } catch (error) {
    thrown = error;
  }
  const failure = describeFailure(thrown);
  expect(failure.exitCode).toBe(2);
  expect(failure.sentence).toContain('no/such/file: got no such file');
});

test('anything else is our own fault, in one line', () => {
  const failure = describeFailure(new TypeError('x is undefined\nat somewhere'));
  expect(failure.exitCode).toBe(1);
  expect(failure.sentence).toMatch(/^internal error: x is undefined\. HINT: .*AMR_DEBUG=1/);
  expect(failure.sentence).not.toContain('\n');
});
