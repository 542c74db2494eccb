import { readTerms } from '@agentmmrec/agents';
import { type KnowledgeParts, matrixRow } from '@agentmmrec/core';
import { type RankedLists, type Ranking, rankUsers } from '@agentmmrec/evaluation';
import type { OpenedRun } from '@agentmmrec/experiments';
import type { Device } from '@agentmmrec/kernels';
import type { KnowledgeView } from '@agentmmrec/memory';
import type { ScorePart } from '@agentmmrec/models';
import type { RerankHook } from '@agentmmrec/training';
import type { Catalog } from '../catalog/catalog.js';

/** A user's list before and after reranking: dense ids, best first. */
export interface UserList {
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** null: this run reranks nobody, or nothing is known of this user */
  readonly reranked: Int32Array | null;
  /** why a user of a run that reranks keeps the list; empty otherwise */
  readonly remark: string;
}

/** One named part of a score. */
export interface PartOfScore {
  readonly name: string;
  readonly value: number;
}

/** Words that a preference and a property share, by part of the entries, strongest first. */
export type SharedTerms = Readonly<
  Record<keyof KnowledgeParts, readonly { readonly term: string; readonly strength: number }[]>
>;

/** Lists that are kept: a few megabytes. */
const KEPT_LISTS = 4096;
/** Users ranked by one call, so that no request waits for many others. */
const BATCH = 64;
const SHARED_TERMS = 8;

interface Waiting {
  readonly user: number;
  readonly depth: number;
  resolve(list: UserList): void;
  reject(cause: unknown): void;
}

/** An opened run that lists items for single users. Requests of one turn of the event loop are ranked together. */
export class ServedModel {
  private readonly ranking: Ranking;
  private readonly kept = new Map<number, { readonly depth: number; readonly list: Promise<UserList> }>();
  private waiting: Waiting[] = [];
  private parts: ScorePart[] | null | undefined;

  constructor(
    readonly id: string,
    readonly opened: OpenedRun,
    private readonly hook: RerankHook | null,
    /** the knowledge that reranks; null without */
    private readonly knowledge: KnowledgeView | null,
    private readonly catalog: Catalog,
    private readonly device: Device,
  ) {
    this.ranking = opened.model.ranking();
  }

  get reranks(): boolean {
    return this.hook !== null;
  }

  /** The k best items at least; more where reranking reorders more. */
  list(user: number, k: number): Promise<UserList> {
    const depth = Math.min(Math.max(k, this.hook?.rerankDepth ?? 0), this.catalog.training.items);
    const known = this.kept.get(user);
    if (known && known.depth >= depth) {
      // The last asked for is the last to go.
      this.kept.delete(user);
      this.kept.set(user, known);
      return known.list;
    }
    const list = new Promise<UserList>((resolve, reject) => {
      this.waiting.push({ user, depth, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.rankWaiting());
    });
    this.kept.set(user, { depth, list });
    list.catch(() => this.kept.delete(user));
    if (this.kept.size > KEPT_LISTS) this.kept.delete(this.kept.keys().next().value as number);
    return list;
  }

  /** Where the score of an item comes from; null for a model that gives scores whole. */
  partsOf(user: number, item: number): PartOfScore[] | null {
    if (this.parts === undefined) this.parts = this.opened.model.scoreParts();
    return (
      this.parts?.map(({ name, users, items }) => {
        const [a, b] = [matrixRow(users, user), matrixRow(items, item)];
        return { name, value: a.reduce((sum, value, at) => sum + value * b[at], 0) };
      }) ?? null
    );
  }

  /** What a user likes and an item is, in the same words; null without knowledge of one of them. */
  sharedTerms(user: number, item: number): SharedTerms | null {
    const preference = this.knowledge?.get('preference', user)?.parts;
    const property = this.knowledge?.get('property', item)?.parts;
    if (!preference || !property) return null;
    const shared = (part: keyof KnowledgeParts) => {
      const has = readTerms(property[part] ?? '');
      return [...readTerms(preference[part] ?? '')]
        .filter(([term]) => has.has(term) && term.length > 2)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, SHARED_TERMS)
        .map(([term, strength]) => ({ term, strength }));
    };
    return { text: shared('text'), visual: shared('visual'), crossModal: shared('crossModal') };
  }

  /** Gives the model's memory and files back. */
  async close(): Promise<void> {
    this.opened.model.release();
    await this.opened.study.close();
  }

  private rankWaiting(): void {
    const batch = this.waiting.slice(0, BATCH);
    this.waiting = this.waiting.slice(BATCH);
    if (this.waiting.length > 0) setImmediate(() => this.rankWaiting());
    const k = Math.max(...batch.map(({ depth }) => depth));
    try {
      const userIds = Int32Array.from(batch, ({ user }) => user);
      const { device, ranking } = this;
      const lists = rankUsers({ device, ranking, mask: this.catalog.training.train, userIds, k });
      batch.forEach((one, row) => {
        this.finish(rowOf(lists, row, one.depth)).then(one.resolve, one.reject);
      });
    } catch (cause) {
      for (const one of batch) one.reject(cause);
    }
  }

  private async finish(lists: RankedLists): Promise<UserList> {
    const [items, scores] = [lists.items, lists.scores].map((values) => values.slice(0, lengthOf(lists))) as [
      Int32Array,
      Float32Array,
    ];
    if (!this.hook) return { items, scores, reranked: null, remark: '' };
    const { lists: reranked, report } = await this.hook.rerank(lists);
    if (report.users === 1) return { items, scores, reranked: reranked.items.slice(0, items.length), remark: '' };
    const remark = report.failures[0] ?? 'nothing is known of this user, so the list stays as the model has it';
    return { items, scores, reranked: null, remark };
  }
}

/** One user's list, the first `depth` places. */
function rowOf({ userIds, k, items, scores }: RankedLists, row: number, depth: number): RankedLists {
  return {
    userIds: userIds.slice(row, row + 1),
    k: depth,
    items: items.slice(row * k, row * k + depth),
    scores: scores.slice(row * k, row * k + depth),
  };
}

/** Places that hold an item: fewer than asked for where fewer remain. */
function lengthOf({ items }: RankedLists): number {
  const empty = items.indexOf(-1);
  return empty < 0 ? items.length : empty;
}
