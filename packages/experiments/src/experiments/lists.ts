import { AmrError } from '@agentmmrec/core';

/** Different whole numbers from 1, separated by commas. @throws AmrError input */
export function numbersOf(list: unknown, flag: string): number[] {
  const numbers = wordsOf(list).map((word) => (/^\d{1,6}$/.test(word) ? Number(word) : Number.NaN));
  if (numbers.length > 0 && numbers.every((number) => number >= 1) && new Set(numbers).size === numbers.length)
    return numbers;
  throw new AmrError({
    what: flag,
    got: JSON.stringify(list),
    expected: 'different whole numbers from 1, separated by commas',
    hint: `write ${flag} 1,3,5`,
  });
}

/** The words between commas. */
export function wordsOf(list: unknown): string[] {
  return String(list)
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
