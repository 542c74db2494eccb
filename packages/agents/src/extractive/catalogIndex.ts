import type { Interactions, ItemContent } from '@agentmmrec/datasets';
import type { ImageDescription } from '@agentmmrec/encoders';
import type { ModalityTask } from '../reasoning/reasoner.js';
import { measureTerms, propertyStrength, type TermIndex } from './termStatistics.js';
import { visualTerms } from './visualWords.js';
import { textTerms } from './words.js';

/** The catalog measured once: terms of text, of pixels, and of both together. */
export interface CatalogIndex extends Readonly<Record<ModalityTask, TermIndex>> {
  /** items whose image could not be read, and why */
  readonly unreadable: ReadonlyMap<number, string>;
}

/** How images are described; the default reads the pixels. */
export type DescribeImage = (path: string) => Promise<ImageDescription>;

/** Images decoded at a time: decoding runs on threads of its own. */
const imagesInFlight = 8;

/** Measures text and images of every item on the training interactions. Descriptions are kept by path in `descriptions`. */
export async function indexCatalog(
  content: readonly ItemContent[],
  train: Interactions,
  describe: DescribeImage,
  descriptions: Map<string, ImageDescription | Error>,
): Promise<CatalogIndex> {
  await describeAll(content, describe, descriptions);
  const unreadable = new Map<number, string>();
  const ofImages = content.map(({ imagePath, lookWords = [] }, item) => {
    if (imagePath === null) return lookWords;
    const found = descriptions.get(imagePath);
    if (found instanceof Error) unreadable.set(item, found.message);
    return found === undefined || found instanceof Error ? [] : visualTerms(found);
  });
  const text = measureTerms(content.map(textTerms), train);
  const visual = measureTerms(ofImages, train);
  const multimodal = measureTerms(
    content.map((_, item) => crossTerms(text, visual, item)),
    train,
  );
  return { text, visual, multimodal, unreadable };
}

async function describeAll(
  content: readonly ItemContent[],
  describe: DescribeImage,
  descriptions: Map<string, ImageDescription | Error>,
): Promise<void> {
  const paths = new Set(content.flatMap(({ imagePath }) => (imagePath === null ? [] : [imagePath])));
  const waiting = [...paths].filter((path) => !descriptions.has(path));
  const worker = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      try {
        descriptions.set(path, await describe(path));
      } catch (cause) {
        descriptions.set(path, cause instanceof Error ? cause : new Error(String(cause)));
      }
    }
  };
  await Promise.all(Array.from({ length: imagesInFlight }, worker));
}

/**
 * What text and image say together: the most telling terms of both on one scale, so that their strengths can be compared, and
 * the pairs of a look and a word ("blue walnut"), which neither says alone.
 */
function crossTerms(text: TermIndex, visual: TermIndex, item: number): string[] {
  const telling = (index: TermIndex, count: number): string[] =>
    [...index.itemTerms[item]]
      .map((term) => ({ name: index.terms[term], strength: propertyStrength(index.statistics[term]) }))
      .filter(({ name, strength }) => strength > 0 && !name.includes(' '))
      .sort((a, b) => b.strength - a.strength || (a.name < b.name ? -1 : 1))
      .slice(0, count)
      .map(({ name }) => name);
  const words = telling(text, 8);
  const looks = telling(visual, 4);
  const pairs = looks.slice(0, 3).flatMap((look) =>
    words
      .slice(0, 4)
      .filter((word) => word !== look)
      .map((word) => pairOf(look, word)),
  );
  return [...new Set([...looks, ...words, ...pairs])];
}

function pairOf(look: string, word: string): string {
  return `${look} ${word}`;
}

/** Whether a cross-modal term is a pair of a look and a word. */
export function isPair(term: string): boolean {
  return term.includes(' ');
}
