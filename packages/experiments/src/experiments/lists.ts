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

/** Different words separated by commas, at least one: each is a row. @throws AmrError input */
export function rowWordsOf(list: unknown, flag: string, example: string): string[] {
  const words = wordsOf(list);
  if (words.length > 0 && new Set(words).size === words.length) return words;
  throw new AmrError({
    what: flag,
    got: words.length === 0 ? 'an empty list' : JSON.stringify(list),
    expected: 'different words, separated by commas',
    hint: `write ${flag} ${example}`,
  });
}

/** The words between commas. */
function wordsOf(list: unknown): string[] {
  return String(list)
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
