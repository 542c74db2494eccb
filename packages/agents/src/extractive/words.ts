import type { ItemContent } from '@agentmmrec/datasets';

/** English words that only hold sentences together. Everything else is judged by the data, not by a list. */
const functionWords = new Set(
  (
    'a an and are as at be but by can do does for from had has have he her his if in into is it its me my no nor not of off on ' +
    'or our out over she so some than that the their them then there these they this those to too up us was we were what when ' +
    'which who will with you your'
  ).split(' '),
);

/** Long descriptions are read up to here: what matters of a product is said early. */
const maximalWords = 240;

/** The words of a text: lower case, letters and digits of any script. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? [];
  return words.slice(0, maximalWords);
}

/** Whether a word can be a term by itself: not a function word, not a single letter, not a bare small number. */
function carriesMeaning(word: string): boolean {
  return !functionWords.has(word) && word.length > 1 && !/^\d{1,3}$/.test(word);
}

/** One form for singular and plural, so that "shoes" and "shoe" are the same evidence. */
function singular(word: string): string {
  return word.length > 3 && /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

/**
 * A year as two coarser terms, so that works of near years share evidence that their digits do not show: its decade (`1990s`) and the
 * nearest multiple of five (`around1995`). Nothing for other words. What it brought: docs/method.md#extractive-reasoner-1.
 */
function erasOf(word: string): string[] {
  if (!/^(1[89]|20)\d\d$/.test(word)) return [];
  const year = Number(word);
  return [`${year - (year % 10)}s`, `around${5 * Math.round(year / 5)}`];
}

/** The distinct terms of an item's text. Which of them say anything is measured later, not decided here. */
export function textTerms({ title, brand, categories, description }: ItemContent): string[] {
  const terms = new Set<string>();
  for (const word of [title, brand, ...categories, description].flatMap(wordsOf)) {
    if (!carriesMeaning(word)) continue;
    terms.add(singular(word));
    for (const era of erasOf(word)) terms.add(era);
  }
  return [...terms];
}
