import { digest, type KnowledgeParts, RandomStreams } from '@agentmmrec/core';
import type { JournalRecord, KnowledgeView } from '@agentmmrec/memory';
import type { AgentOptions } from '../integrator/integrator.js';
import { contentOf } from '../reasoning/content.js';
import { isEmpty, noParts } from '../reasoning/modality.js';
import { type Interaction, Neighbourhood } from '../reasoning/neighbourhood.js';
import {
  type Answer,
  type ItemView,
  neighboursShown,
  type RefinementInput,
  type RerankInput,
} from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts, repairPermutation, repairSelection } from '../reasoning/repairs.js';

/** A candidate of a refinement, with the similarity that fills gaps. */
export interface Candidate {
  readonly item: number;
  readonly fusedSimilarity: number;
  /** which lists it comes from: the modalities whose nearest it is among (eq. 12), `purchases` where it was bought together with the item */
  readonly near: readonly string[];
}

/** The neighbours of one item. */
export interface Refined {
  /** [k], best first */
  readonly items: readonly number[];
  readonly repairs: RepairCounts;
  /** to be appended to the journal, so that the call is paid once; null when it was found there */
  readonly record: JournalRecord | null;
}

/** A list in its new order. */
export interface Reranked {
  /** a permutation of the base list */
  readonly order: readonly number[];
  readonly repairs: RepairCounts;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Finds what was journalled; the agents never write to the memory themselves. */
export interface JournalReader {
  find(key: string): JournalRecord | null;
}

/**
 * The Utilizer agent: refines the item graph (docs/method.md#graphs, eq. 12) and reranks lists (docs/method.md#reranking, eq. 13). Whatever the
 * reasoner answers, a refinement holds exactly k of its candidates and a reranking is a permutation of its list.
 */
export class Utilizer {
  private readonly streams: RandomStreams;
  private readonly promptNeighbours: number;

  constructor(
    private readonly options: AgentOptions & {
      /** candidates of one rerank call; longer lists are reranked in windows; 50 */
      readonly window?: number;
    },
    readonly neighbourhood = new Neighbourhood(options.training.train),
  ) {
    this.streams = new RandomStreams(options.knowledgeSeed);
    this.promptNeighbours = neighboursShown(options.reasoner, options.promptNeighbours);
  }

  /** Exactly `k` of the candidates as the item's neighbours. Equal inputs are asked once: the journal is looked at first. */
  async refine(
    item: number,
    candidates: readonly Candidate[],
    k: number,
    { knowledge, journal, signal }: { knowledge: KnowledgeView; journal: JournalReader; signal?: AbortSignal },
  ): Promise<Refined> {
    const buyers = this.buyers(item, knowledge);
    const input = this.refinementInput(item, candidates, k, knowledge, buyers);
    const key = `refine|${item}|${this.inputDigest(input)}`;
    const found = journal.find(key);
    const seed = this.streams.stream('call/refine-graph', item).u32();
    const answer = found
      ? (found.value as Answer<readonly number[]>)
      : await this.options.reasoner.refine(input, { seed, signal });
    const { inputTokens, outputTokens } = answer.record;
    const interactions = buyers.map((buyer): Interaction => [buyer, item]);
    const record = found ? null : { key, value: answer, interactions, inputTokens, outputTokens };
    return { ...repairSelection(answer.value, candidates, k), record };
  }

  /**
   * The list in a new order. A list longer than the window is reranked from its end to its front in windows that overlap by
   * half, so that an item can rise from the end to the top.
   * @param base item ids, best first
   */
  async rerank(
    user: number,
    preferences: KnowledgeParts,
    base: readonly number[],
    { knowledge, signal }: { knowledge: KnowledgeView; signal?: AbortSignal },
  ): Promise<Reranked> {
    const window = this.options.window ?? 50;
    const order = base.slice();
    let result: Omit<Reranked, 'order'> = { repairs: {}, inputTokens: 0, outputTokens: 0 };
    for (let end = order.length; ; end -= Math.ceil(window / 2)) {
      const start = Math.max(0, end - window);
      const slice = order.slice(start, end);
      const answer = await this.rerankWindow(user, preferences, slice, start, { knowledge, signal });
      const { order: reordered, repairs } = repairPermutation(answer.value, slice);
      order.splice(start, reordered.length, ...reordered);
      result = {
        repairs: addRepairs(result.repairs, repairs),
        inputTokens: result.inputTokens + answer.record.inputTokens,
        outputTokens: result.outputTokens + answer.record.outputTokens,
      };
      if (start === 0) return { order, ...result };
    }
  }

  private rerankWindow(
    user: number,
    preferences: KnowledgeParts,
    items: readonly number[],
    start: number,
    { knowledge, signal }: { knowledge: KnowledgeView; signal?: AbortSignal },
  ): Promise<Answer<readonly number[]>> {
    const { training } = this.options;
    const candidates = items.map((item) => ({
      item,
      content: contentOf(training, item),
      properties: propertiesOf(knowledge, item),
    }));
    const input: RerankInput = { user, preferences, candidates };
    const seed = this.streams.stream('call/rerank', user, start).u32();
    return this.options.reasoner.rerank(input, { seed, signal });
  }

  /** Up to Y users of the item whose preferences are known. */
  private buyers(item: number, knowledge: KnowledgeView): number[] {
    const sampled = this.streams
      .stream('buyers', item)
      .sample(this.neighbourhood.buyersOf(item), this.promptNeighbours);
    return sampled.filter((user) => knowledge.has('preference', user));
  }

  private refinementInput(
    item: number,
    candidates: readonly Candidate[],
    k: number,
    knowledge: KnowledgeView,
    buyers: readonly number[],
  ): RefinementInput {
    const { training } = this.options;
    return {
      target: { item, content: contentOf(training, item) },
      properties: propertiesOf(knowledge, item),
      candidates: candidates.map((candidate) => ({
        ...candidate,
        content: contentOf(training, candidate.item),
        properties: propertiesOf(knowledge, candidate.item),
      })),
      buyerPreferences: buyers
        .map((user) => knowledge.get('preference', user)?.parts ?? noParts)
        .filter((parts) => !isEmpty(parts)),
      k,
    };
  }

  /** Where images lie is left out: a data set that moves is the same, and its answers are paid for. */
  private inputDigest({ target, candidates, ...rest }: RefinementInput): string {
    const { reasoner, knowledgeSeed } = this.options;
    const input = { ...rest, target: withoutPath(target), candidates: candidates.map(withoutPath) };
    return digest({ reasoner: reasoner.digest, seed: knowledgeSeed, input }).slice(0, 24);
  }
}

/** Whether there is an image; which one, the fingerprint of the memory's data set says. */
function withoutPath<T extends ItemView>(view: T): T {
  const { imagePath } = view.content;
  return imagePath === null ? view : { ...view, content: { ...view.content, imagePath: 'there is one' } };
}

/** P_i, or no parts when the item has none. */
function propertiesOf(knowledge: KnowledgeView, item: number): KnowledgeParts {
  return knowledge.get('property', item)?.parts ?? noParts;
}
