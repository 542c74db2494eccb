import type { KnowledgeParts } from '@agentmmrec/core';
import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import type { RankedLists } from '@agentmmrec/evaluation';
import type { KnowledgeView } from '@agentmmrec/memory';
import type { RerankHook } from '@agentmmrec/training';

/** One user as a page shows it: what is known, and the head of the list before and after reranking. Dense ids. */
export interface RerankedExample {
  readonly user: number;
  readonly preference: KnowledgeParts;
  /** what the user bought in training, the last ones */
  readonly bought: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** items of the test split among those shown */
  readonly hits: readonly number[];
  /** the item that rose most into view, from which place to which (from 0), and what is known of it */
  readonly risen: {
    readonly item: number;
    readonly from: number;
    readonly to: number;
    readonly property: KnowledgeParts | null;
  } | null;
}

const EXAMPLES = 4;
const PLACES = 6;
const BOUGHT = 5;

/** A reranker that keeps the lists it was given and gave back, for examples. */
export class WatchedReranker implements RerankHook {
  readonly rerankDepth: number;
  private seen: { readonly before: RankedLists; readonly after: RankedLists } | null = null;

  constructor(private readonly hook: RerankHook) {
    this.rerankDepth = hook.rerankDepth;
  }

  async rerank(lists: RankedLists) {
    const before = { ...lists, items: lists.items.slice() };
    const result = await this.hook.rerank(lists);
    this.seen = { before, after: result.lists };
    return result;
  }

  /** Users spread over the lists whose view changed. The truth is looked at after reranking, to mark it. */
  examples(knowledge: KnowledgeView, train: Interactions, truth: Interactions): RerankedExample[] {
    if (this.seen === null) return [];
    const { before, after } = this.seen;
    const changed = [...before.userIds.keys()].filter((row) => {
      const [was, is] = [view(before, row), view(after, row)];
      return is.length === PLACES && was.some((item, place) => item !== is[place]);
    });
    const step = Math.max(1, Math.floor(changed.length / EXAMPLES));
    return changed
      .filter((_, n) => n % step === 0)
      .slice(0, EXAMPLES)
      .flatMap((row) => {
        const user = before.userIds[row];
        const preference = knowledge.get('preference', user)?.parts;
        if (!preference) return [];
        const [was, is] = [view(before, row), view(after, row)];
        const hits = [...itemsOf(truth, user)].filter((item) => was.includes(item) || is.includes(item));
        const bought = [...itemsOf(train, user)].slice(-BOUGHT);
        return [{ user, preference, bought, before: was, after: is, hits, risen: risenOf(before, is, row, knowledge) }];
      });
  }
}

function view({ items, k }: RankedLists, row: number): number[] {
  return [...items.subarray(row * k, row * k + Math.min(k, PLACES))].filter((item) => item >= 0);
}

function risenOf(
  before: RankedLists,
  after: readonly number[],
  row: number,
  knowledge: KnowledgeView,
): RerankedExample['risen'] {
  const places = [...before.items.subarray(row * before.k, (row + 1) * before.k)];
  const climbs = after.map((item, to) => ({ item, from: places.indexOf(item), to }));
  const most = climbs.toSorted((a, b) => b.from - b.to - (a.from - a.to))[0];
  if (!most || most.from <= most.to) return null;
  return { ...most, property: knowledge.get('property', most.item)?.parts ?? null };
}
