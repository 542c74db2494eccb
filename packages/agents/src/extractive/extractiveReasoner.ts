import { AmrError, digest, type KnowledgeParts } from '@agentmmrec/core';
import type { Interactions, ItemContent } from '@agentmmrec/datasets';
import { describeImage, type ImageDescription } from '@agentmmrec/encoders';
import {
  type Answer,
  EXTRACTIVE_NEIGHBOURS,
  type ItemView,
  type ModalityTask,
  type Reasoner,
  type RefinementInput,
  type RerankInput,
  type UpdateInput,
} from '../reasoning/reasoner.js';
import { type CatalogIndex, type DescribeImage, indexCatalog, isPair } from './catalogIndex.js';
import { extractiveAugmenter } from './extractiveAugmenter.js';
import { refineByOverlap, rerankByMatch } from './matching.js';
import { preferenceStrength, propertyStrength, type TermIndex } from './termStatistics.js';
import { updateTerms } from './update.js';
import { type WeightedTerm, writeTerms } from './weightedText.js';

/** Raised whenever an answer to the same question changes. */
const version = 5;
/** An item without telling terms is described by this many of its rarest shared ones: weak evidence, and said weakly. */
const fallbackTerms = 4;
/** The halves of a pair are terms of the item already, so the pair itself counts half. */
const pairWeight = 0.5;
/** How much stronger a term gets when every co-purchased product shown has it too; 0, 0.5, 1 and 2 tried on catalog seeds 1 to 4. */
const confirmedGain = 1;

/**
 * The reasoner that needs no model and no network (docs/method.md#extractive-reasoner): all nine tasks from terms of the texts, words measured on the pixels and their
 * combinations, weighted by how far they agree within users' training items. Deterministic: equal inputs, equal answers.
 */
export class ExtractiveReasoner implements Reasoner {
  readonly name = 'extractive';
  readonly digest = digest({ reasoner: 'extractive', version });
  readonly seesImages = true;
  readonly matchesLookWords = true;
  /** It has no prompt to fill, so it sees more than a model is shown: docs/measurements.md#extractive-reasoner. */
  readonly promptNeighbours = EXTRACTIVE_NEIGHBOURS;
  readonly concurrency = 1;
  readonly paid = false;
  readonly augmenter = extractiveAugmenter(this);
  private index: CatalogIndex | null = null;
  private measuredFor: { content: readonly ItemContent[]; train: Interactions } | null = null;
  private readonly descriptions = new Map<string, ImageDescription | Error>();

  /** @param describe how an image is put into words; descriptions are kept by path */
  constructor(private readonly describe: DescribeImage = describeImage) {}

  async prepare(content: readonly ItemContent[], train: Interactions): Promise<void> {
    if (this.measuredFor?.content === content && this.measuredFor.train === train) return;
    this.index = await indexCatalog(content, train, this.describe, this.descriptions);
    this.measuredFor = { content, train };
  }

  /** See `Reasoner.preference`. */
  async preference(task: ModalityTask, _user: number, items: readonly ItemView[]): Promise<Answer<string>> {
    const index = this.measured()[task];
    const counts = countTerms(index, items);
    const terms = [...counts].map(([term, count]): WeightedTerm => {
      // One item with a pair is one item with both of its halves; only a repeated pair is a preference of its own.
      const chance = task === 'multimodal' && isPair(index.terms[term]) && count < 2;
      const strength = chance ? 0 : preferenceStrength(index.statistics[term], count, items.length);
      return { term: index.terms[term], strength };
    });
    const written = writeTerms(terms) || writeTerms(weakTerms(index, counts));
    return this.answer(`preference-${task}`, written, this.unreadable(task, items));
  }

  /** See `Reasoner.property`. */
  async property(task: ModalityTask, target: ItemView, coPurchased: readonly ItemView[]): Promise<Answer<string>> {
    const index = this.measured()[task];
    const own = index.itemTerms[target.item];
    const confirmed = countTerms(index, coPurchased);
    const terms = Array.from(own, (term): WeightedTerm => {
      const name = index.terms[term];
      const doubled = task === 'multimodal' && isPair(name);
      const strength = propertyStrength(index.statistics[term]) * (doubled ? pairWeight : 1);
      // Products that the same people buy and that share the term confirm that it is what people buy it for.
      const support = coPurchased.length === 0 ? 0 : (confirmed.get(term) ?? 0) / coPurchased.length;
      return { term: name, strength: strength * (1 + confirmedGain * support) };
    });
    const written = writeTerms(terms) || writeTerms(weakTerms(index, new Map(Array.from(own, (term) => [term, 1]))));
    return this.answer(`property-${task}`, written, this.unreadable(task, [target]));
  }

  async refine(input: RefinementInput): Promise<Answer<readonly number[]>> {
    return this.answer('refine-graph', refineByOverlap(input));
  }

  async rerank(input: RerankInput): Promise<Answer<readonly number[]>> {
    return this.answer('rerank', rerankByMatch(input));
  }

  /** See `Reasoner.updatePreference`. */
  async updatePreference(input: UpdateInput): Promise<Answer<KnowledgeParts>> {
    return this.answer('update-preference', updateTerms(input));
  }

  private measured(): CatalogIndex {
    if (this.index !== null) return this.index;
    throw new AmrError({
      what: 'extractive reasoner',
      got: 'a question before the catalog was measured',
      expected: 'prepare() first',
      hint: 'call prepare with the content and the training interactions',
      kind: 'internal',
    });
  }

  private unreadable(task: ModalityTask, items: readonly ItemView[]): string[] {
    if (task === 'text') return [];
    const failed = items.filter(({ item }) => this.measured().unreadable.has(item));
    return failed.map(({ item, content }) => {
      const named = content.title === '' ? 'an item without a title' : JSON.stringify(content.title);
      return `the image of ${named} was left out: ${this.measured().unreadable.get(item)}`;
    });
  }

  private answer<T>(task: string, value: T, repairs: readonly string[] = []): Answer<T> {
    const templates = [{ id: `extractive/${task}@${version}`, hash: this.digest }];
    return { value, record: { templates, inputTokens: 0, outputTokens: 0, repairs } };
  }
}

function countTerms(index: TermIndex, items: readonly ItemView[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { item } of items) {
    for (const term of index.itemTerms[item]) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

/**
 * The most frequent terms of what is shown, then the rarest in the catalog; those that no other item or nearly every item has
 * only where there are no others.
 */
function weakTerms(index: TermIndex, counts: ReadonlyMap<number, number>): WeightedTerm[] {
  const alone = 1.5 / index.itemTerms.length;
  const all = [...counts]
    .map(([term, count]) => ({ term: index.terms[term], count, itemShare: index.statistics[term].itemShare }))
    .sort((a, b) => b.count - a.count || a.itemShare - b.itemShare || (a.term < b.term ? -1 : 1));
  const shared = all.filter(({ itemShare }) => itemShare > alone && itemShare < 0.5);
  return (shared.length > 0 ? shared : all).slice(0, fallbackTerms).map(({ term }) => ({ term, strength: 0.1 }));
}
