import type { KnowledgeParts } from '@agentmmrec/core';

/** A term and how strongly it is meant, in repetitions of the word. */
export interface WeightedTerm {
  readonly term: string;
  readonly strength: number;
}

/** One repetition stands for this much strength. */
const strengthPerWord = 0.25;
const mostRepetitions = 7;
/** Text encoders read about 256 word pieces. */
const mostWords = 110;

/**
 * Terms as a text: the strongest first, each written as often as it is strong, with marks that say the same to a reader
 * ("walnut walnut walnut ●●●○○○○; striped ●○○○○○○"). Encoders weigh words by how often they stand there and skip the marks; no other word is written, since a word
 * that all entries share only makes them more alike.
 */
export function writeTerms(terms: readonly WeightedTerm[]): string {
  const sorted = terms
    .filter(({ strength }) => strength > 0)
    .toSorted((a, b) => b.strength - a.strength || (a.term < b.term ? -1 : a.term > b.term ? 1 : 0));
  const pieces: string[] = [];
  let words = 0;
  for (const { term, strength } of sorted) {
    const repetitions = Math.min(mostRepetitions, Math.max(1, Math.round(strength / strengthPerWord)));
    words += repetitions * term.split(' ').length;
    if (words > mostWords) break;
    const marks = '●'.repeat(repetitions) + '○'.repeat(mostRepetitions - repetitions);
    pieces.push(`${Array(repetitions).fill(term).join(' ')} ${marks}`);
  }
  return pieces.join('; ');
}

/** The words of a text that `writeTerms` wrote, without the marks for people; any other text as it is. */
export function withoutMarks(text: string): string {
  return text.replace(/ ●+○*(?=;|$)/g, '');
}

/**
 * Reads weighted terms back: exactly what `writeTerms` wrote, and of any other text its words with their counts, so that
 * knowledge of another reasoner can be matched too.
 */
export function readTerms(text: string): Map<string, number> {
  const strengths = new Map<string, number>();
  const add = (term: string, strength: number) => strengths.set(term, (strengths.get(term) ?? 0) + strength);
  for (const piece of text.split('; ')) {
    const filled = piece.match(/ (●+)○*$/)?.[1].length;
    if (filled !== undefined) {
      const words = piece.slice(0, piece.search(/ ●/)).split(' ');
      add(words.slice(0, words.length / filled).join(' '), filled * strengthPerWord);
    } else {
      for (const word of piece.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []) add(word, strengthPerWord);
    }
  }
  return strengths;
}

/** A term in words: `look16n3`, which is the fourth of 16 groups of like image features (see lookWords), as `look 4 of 16`. */
export function legibleTerm(term: string): string {
  return term.replace(/\blook(\d+)n(\d+)\b/g, (_, of, at) => `look ${Number(at) + 1} of ${of}`);
}

/** The same for people: each term once, since its marks say how strong it is. Other texts stay as they are. */
export function legibleTerms(text: string): string {
  return legibleTerm(onceEach(text));
}

function onceEach(text: string): string {
  const pieces = text.split('; ').map((piece) => {
    const [, words, filled, empty] = piece.match(/^(.*) (●+)(○*)$/s) ?? [];
    const one = words?.split(' ') ?? [];
    if (filled === undefined || filled.length + empty.length !== mostRepetitions || one.length % filled.length !== 0)
      return piece;
    const term = one.slice(0, one.length / filled.length).join(' ');
    return words === Array(filled.length).fill(term).join(' ') ? `${term} ${filled}${empty}` : piece;
  });
  return pieces.join('; ');
}

/** Knowledge as people read it: see `legibleTerms`. */
export function legibleParts({ text, visual, crossModal }: KnowledgeParts): KnowledgeParts {
  const legible = (part: string | null) => part && legibleTerms(part);
  return { text: legible(text), visual: legible(visual), crossModal: legible(crossModal) };
}
