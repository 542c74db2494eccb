import { titlesShown } from '@agentmmrec/llm';

/** Words of a text: runs of letters and digits; of scripts without blanks every two characters count as one. */
export function wordsOf(text: string): string[] {
  const spaced = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  return spaced.flatMap((word) =>
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word)
      ? (word.match(/.{1,2}/gu) ?? [])
      : [word],
  );
}

/** Every run of so many words, in order. */
export function runsOf(words: readonly string[], length: number): string[] {
  return words.slice(length - 1).map((_, at) => words.slice(at, at + length).join(' '));
}

/** What an answer is held against. */
export interface PromptWords {
  /** fixed text of the prompt, without its data */
  readonly instructions?: string;
  /** the turn with its data, where an answer has to be in other words */
  readonly shown?: string;
  /** of the data, words that an answer may keep as they are */
  readonly kept?: string;
}

/** A run of so many words is taken over, not met by chance; a name is shorter. */
const RUN = 4;
/** How much of a text's words may stand in such runs and in whole titles. Beyond it little is left that joins them. */
const MOST_COPIED = { data: 0.6, instructions: 0.5, both: 0.65 };
/** Shorter titles are words like any others. */
const SHORTEST_TITLE = 2;

/**
 * What of the prompt a text is in place of words of its own, or null. A text may use the words of what it tells of; it is a copy where
 * most of its words stand in it in runs of four and more, or in whole titles: sentences or rows put after each other, titles in a list, also with
 * a word changed here and there.
 */
export function copyOf(
  words: readonly string[],
  { instructions = '', shown = '', kept = '' }: PromptWords,
): string | null {
  const titles = titlesShown(shown).map(wordsOf);
  const rules = inRuns(words, [instructions]);
  if (shareOf(rules) > MOST_COPIED.instructions) return 'it repeats the instructions';
  const own = new Set(runsOf(wordsOf(kept), RUN));
  const data = inRuns(words, shown.split('\n'), own);
  for (const title of titles) if (title.length >= SHORTEST_TITLE) mark(data, words, title);
  if (shareOf(data) > MOST_COPIED.data || shareOf(data.map((one, at) => one || rules[at])) > MOST_COPIED.both)
    return 'it repeats the data in place of words of its own';
  return null;
}

/** Whether words are the whole title of a row, with nothing of their own but a beginning such as "the product is". */
export function isTitle(words: readonly string[], shown: string): boolean {
  const said = words.join(' ').replace(/^(?:(?:a|an|the|this) )?(?:product|item)? ?is (?:an? |the )?/, '');
  return titlesShown(shown).some((title) => {
    const shownWords = wordsOf(title);
    return shownWords.length > SHORTEST_TITLE && shownWords.join(' ') === said;
  });
}

/** Which words stand in a run that one of the texts has too. */
function inRuns(
  words: readonly string[],
  texts: readonly string[],
  except: ReadonlySet<string> = new Set(),
): boolean[] {
  const known = new Set(texts.flatMap((text) => runsOf(wordsOf(text), RUN)));
  const found = words.map(() => false);
  runsOf(words, RUN).forEach((run, at) => {
    if (known.has(run) && !except.has(run)) found.fill(true, at, at + RUN);
  });
  return found;
}

/** Marks the words wherever they stand in their order. */
function mark(found: boolean[], words: readonly string[], title: readonly string[]): void {
  runsOf(words, title.length).forEach((run, at) => {
    if (run === title.join(' ')) found.fill(true, at, at + title.length);
  });
}

function shareOf(found: readonly boolean[]): number {
  return found.length === 0 ? 0 : found.filter(Boolean).length / found.length;
}
