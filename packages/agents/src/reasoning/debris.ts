/** Words of a text: runs of letters and digits; of scripts without blanks every two characters count as one. */
export function wordsOf(text: string): string[] {
  const spaced = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  return spaced.flatMap((word) =>
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word)
      ? (word.match(/.{1,2}/gu) ?? [])
      : [word],
  );
}

/** Fewer words than a sentence has. */
const FEWEST_WORDS = 5;
/** Marks of templates, prompts and formats: nobody writes them in prose about a product. The last two are rows of data as prompts show them. */
const MARKS =
  /[{}]|^\s*>|<\/?[a-z|]|\[\/?[A-Z]{2,}\]|```|\b(?:begin|end) data\b|"\s*:|\b(?:lorem ipsum|your (?:answer|summary) here|insert (?:summary|text))\b|^[PTUC]\d+(?:: | is )|^A product is [^.]*; made by |; (?:found under|described as|crossModal) \S/i;
/** Names of fields, of steps of a prompt, and local names in place of a trait: small models fill in what they take for a form. */
const NAMES =
  /^(?:(?:the|an?) )?(?:(?:product|item|shopper) )?(?:(?:title|brand(?:s|ed)?|categor(?:y|ies)|description|name|product|item|shopper|trait|evidence|basis|strengths?|summary|style|material|function|quality(?:.claims)?)(?:[_ ](?:names?|label|title))?|product.name|brand.+(?:name|label)|[PTUC]\d+)$/i;
/** So many local names in a text, and it lists what was shown in place of saying something. */
const MOST_LOCAL_NAMES = 2;
/** How much of a text may be the prompt's own words in their order, and how much of it may be repetition. */
const MOST_ECHO = 0.5;
/** Of runs of five words, which nobody writes twice by chance: a text of little else is what was shown, once more. */
const COPY = { run: 5, most: 0.8 };
const LEAST_VARIETY = { words: 0.34, phrases: 0.5 };

/**
 * What makes a text debris, read as a person would, or null when it says something: marks of a template or prompt, too few words
 * for a sentence, one word or phrase again and again, a list of the prompt's names, or the prompt's own words.
 * @param instructions fixed text of the prompt, without its data; empty when it is not known
 * @param shown its data, where an answer has to be in other words; empty where it may keep them
 */
export function debrisOf(text: string, instructions = '', shown = ''): string | null {
  if (MARKS.test(text)) return 'it has marks of a template or prompt in place of words';
  const words = wordsOf(text);
  if (words.length < FEWEST_WORDS) return 'it is no whole sentence';
  if (new Set(text.match(/\b[PTUC]\d+\b/g) ?? []).size > MOST_LOCAL_NAMES) return 'it lists names of the prompt';
  if (variety(words, 1) < LEAST_VARIETY.words && words.length > 2 * FEWEST_WORDS) return 'it repeats a word';
  if (words.length >= 20 && variety(words, 3) < LEAST_VARIETY.phrases) return 'it repeats itself';
  if (echo(words, wordsOf(instructions)) > MOST_ECHO) return 'it repeats the instructions';
  if (echo(words, wordsOf(shown), COPY.run) > COPY.most) return 'it repeats the data in place of words of its own';
  return null;
}

/** Whether a few words can stand for a trait: letters in them, no marks, no name of a field, and not the prompt's own phrase. */
export function isTrait(text: string, instructions = ''): boolean {
  if (MARKS.test(text) || NAMES.test(text.trim()) || !/\p{L}{2}/u.test(text)) return false;
  const words = wordsOf(text);
  return words.length < 3 || echo(words, wordsOf(instructions)) <= MOST_ECHO;
}

/** Share of different runs of `length` words. */
function variety(words: readonly string[], length: number): number {
  const runs = runsOf(words, length);
  return runs.length === 0 ? 1 : new Set(runs).size / runs.length;
}

/** Share of a text's runs of so many words that stand in the other text. */
function echo(words: readonly string[], of: readonly string[], length = 3): number {
  const runs = runsOf(words, length);
  if (runs.length === 0 || of.length === 0) return 0;
  const known = new Set(runsOf(of, length));
  return runs.filter((run) => known.has(run)).length / runs.length;
}

function runsOf(words: readonly string[], length: number): string[] {
  return words.slice(length - 1).map((_, at) => words.slice(at, at + length).join(' '));
}

/** Names and numbers of an answer, and how many of them stand in what was shown. */
export interface Grounding {
  readonly claims: number;
  readonly grounded: number;
}

/**
 * Counts names (capitalised words inside a sentence) and numbers in an answer, each once, and those of them that stand in a shown
 * text. What nobody showed was made up, or known from elsewhere.
 */
export function groundingOf(answer: string, shown: string): Grounding {
  const inside = answer.replace(/(^|[.!?:;]\s+|["“(]\s*)\p{Lu}[\p{L}’'-]*/gu, '$1');
  const claims = new Set([
    ...(inside.match(/\p{Lu}[\p{L}\p{N}’'-]+/gu) ?? []),
    ...(answer.match(/\p{N}+(?:[.,]\p{N}+)*/gu) ?? []),
  ]);
  const known = new Set(wordsOf(shown));
  const isShown = (claim: string) =>
    known.has(claim.toLowerCase()) || wordsOf(claim).every((word) => known.has(word)) || shown.includes(claim);
  return { claims: claims.size, grounded: [...claims].filter(isShown).length };
}

/** Sums of two groundings; null where nothing can be counted. */
export function addGrounding(a: Grounding | null, b: Grounding | null): Grounding | null {
  if (a === null || b === null) return a ?? b;
  return { claims: a.claims + b.claims, grounded: a.grounded + b.grounded };
}
