import { copyOf, isTitle, type PromptWords, runsOf, wordsOf } from './copies.js';

/** Fewer words than a sentence has. */
const FEWEST_WORDS = 5;
/** Marks of templates, prompts and formats: nobody writes them in prose about a product. The last two are rows of data as prompts show them. */
const MARKS =
  /[{}]|^\s*>|<\/?[a-z|]|\[\/?[A-Z]{2,}\]|```|\b(?:begin|end) data\b|"\s*:|\b(?:lorem ipsum|your (?:answer|summary) here|insert (?:summary|text))\b|^[PTUC]\d+(?:: | is )|^A product is [^.]*; made by |; (?:found under|described as|crossModal) \S/i;
/** Names of fields, of steps of a prompt, and local names in place of a trait: small models fill in what they take for a form. */
const NAMES =
  /^(?:(?:the|an?) )?(?:(?:product|item|shopper) )?(?:(?:title|brand(?:s|ed)?|categor(?:y|ies)|description|name|product|item|shopper|trait|evidence|basis|strengths?|summary|style|material|function|quality(?:.claims)?)(?:[_ ](?:names?|label|title))?|product.name|brand.+(?:name|label)|[PTUC]\d+)$/i;
/** Fields that are filled in with nothing. */
const PLACEHOLDER =
  /^(?:n\/?a|none|null|nil|unknown|unspecified|undefined|tbd|string|example|(?:no|not) (?:available|applicable|specified|stated|provided|given|known|mentioned|information|data|description)(?: (?:available|provided|given|stated))?)\.?$/i;
/** A phrase that ends where its word would come. */
const UNFINISHED = /\b(?:of|by|for|with|and|or|the|an?|is|are|to|from)$/i;
/** A refusal in the form of an answer: decoding that is held to a schema leaves a model no other place for it. */
const REFUSAL =
  /^\W*(?:(?:i['’]?m|i am|we['’]?re) (?:so |very )?(?:sorry|unable)|sorry\b|(?:i|we) (?:can(?:not|['’]?t)|could(?: not|n['’]t)|won['’]?t|do not have|don['’]?t have|am not able)|as an? (?:ai|language model)\b|unfortunately,? (?:i|we|no|there)\b|i apologi[sz]e)/i;
/** That nothing is known, and no more. */
const NOTHING_KNOWN =
  /^\W*(?:(?:there (?:is|are)|it has|we have) )?(?:no|not enough|insufficient|too little) (?:\w+ )?(?:information|data|details?|description|text|images?|pictures?|products?|items?|evidence|preferences?)\b/i;
/** A text of more words that begins so goes on to say something. */
const MOST_WORDS_OF_NOTHING = 25;
/** So many local names in a text, and it lists what was shown in place of saying something. */
const MOST_LOCAL_NAMES = 2;
/** How much of a trait may be the prompt's own words in their order. */
const MOST_ECHO = 0.5;
/** How little of a text may differ from the rest of it. */
const LEAST_VARIETY = { words: 0.34, phrases: 0.5 };

/**
 * What makes a text debris, read as a person would, or null when it says something: marks of a template or prompt, too few words
 * for a sentence, one word or phrase again and again, a list of the prompt's names, or the prompt's own words.
 * @param asked the words of the prompt, as far as they are known
 */
export function debrisOf(text: string, asked: PromptWords = {}): string | null {
  if (MARKS.test(text)) return 'it has marks of a template or prompt in place of words';
  const words = wordsOf(text);
  if (words.length < FEWEST_WORDS) return 'it is no whole sentence';
  if (REFUSAL.test(text)) return 'it is a refusal in words';
  if (words.length <= MOST_WORDS_OF_NOTHING && NOTHING_KNOWN.test(text)) return 'it says that nothing is known';
  if (new Set(text.match(/\b[PTUC]\d+\b/g) ?? []).size > MOST_LOCAL_NAMES) return 'it lists names of the prompt';
  if (variety(words, 1) < LEAST_VARIETY.words && words.length > 2 * FEWEST_WORDS) return 'it repeats a word';
  if (words.length >= 20 && variety(words, 3) < LEAST_VARIETY.phrases) return 'it repeats itself';
  return copyOf(words, asked);
}

/** Whether a few words can stand for a trait: letters in them, no marks, no name of a field, no title as it was shown, and not the prompt's own phrase. */
export function isTrait(text: string, { instructions = '', shown = '' }: PromptWords = {}): boolean {
  const trait = text.trim();
  if (
    MARKS.test(trait) ||
    NAMES.test(trait) ||
    PLACEHOLDER.test(trait) ||
    UNFINISHED.test(trait) ||
    !/\p{L}{2}/u.test(trait)
  )
    return false;
  const words = wordsOf(trait);
  if (isTitle(words, shown)) return false;
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
