import {
  addRepairs,
  eachInFlight,
  isEmpty,
  knowledgeSnapshot,
  type Reasoner,
  type RepairCounts,
  requireContent,
  Utilizer,
} from '@agentmmrec/agents';
import { digest, type Log, silentLog } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { RankedLists } from '@agentmmrec/evaluation';
import type { KnowledgeMemory, KnowledgeParts, KnowledgeView } from '@agentmmrec/memory';
import type { RerankHook } from './hooks.js';

export interface RerankOptions {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** frozen: the entries are read once; later writes do not show */
  readonly knowledge: KnowledgeView;
  /** where answers that cost something are kept and found again */
  readonly memory?: KnowledgeMemory;
  readonly seed: number;
  /** how many of each list are reranked; 50 */
  readonly depth?: number;
  /** candidates of one call; longer lists are reranked in windows */
  readonly window?: number;
  readonly maxInFlight?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

export interface RerankedLists {
  readonly lists: RankedLists;
  /** users whose list an agent looked at; those without preferences or with fewer than two items keep theirs */
  readonly rerankedUsers: number;
  readonly repairs: RepairCounts;
}

/** The Utilizer as the reranker of the final evaluation. */
export function reranker(options: RerankOptions): RerankHook {
  return { depth: options.depth ?? 50, rerank: (lists) => rerankLists(lists, options) };
}

/**
 * Reranks ranked lists with frozen memory (method.md section 5, eq. 13): of each list the first `depth` items in a new order, scores
 * with their items. Always a permutation. It is given lists and knowledge, never the truth.
 * @param lists not changed
 */
export async function rerankLists(lists: RankedLists, options: RerankOptions): Promise<RerankedLists> {
  const { training, reasoner, log = silentLog } = options;
  await reasoner.prepare(requireContent(training), training.train);
  const utilizer = new Utilizer(options);
  const knowledge = knowledgeSnapshot(options.knowledge);
  const result = { items: lists.items.slice(), scores: lists.scores.slice() };
  let repairs: RepairCounts = {};
  let rerankedUsers = 0;
  const progress = log.progress('reranking', lists.userIds.length);
  const rerankRow = async (row: number): Promise<void> => {
    options.signal?.throwIfAborted();
    const start = row * lists.k;
    const base = [...lists.items.subarray(start, start + Math.min(options.depth ?? 50, lists.k))].filter(
      (item) => item >= 0,
    );
    const preferences = knowledge.get('preference', lists.userIds[row])?.parts ?? null;
    if (preferences === null || isEmpty(preferences) || base.length < 2) return;
    const answer = await rerankOne(utilizer, knowledge, lists.userIds[row], preferences, base, options);
    const scoreOf = new Map(base.map((item, place) => [item, lists.scores[start + place]]));
    result.items.set(answer.order, start);
    result.scores.set(
      answer.order.map((item) => scoreOf.get(item) ?? Number.NEGATIVE_INFINITY),
      start,
    );
    repairs = addRepairs(repairs, answer.repairs);
    progress.update(++rerankedUsers);
    if (rerankedUsers % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    const limit = Math.min(options.maxInFlight ?? reasoner.concurrency, reasoner.concurrency);
    await eachInFlight(lists.userIds.length, limit, rerankRow);
  } finally {
    progress.end();
  }
  return { lists: { userIds: lists.userIds, k: lists.k, ...result }, rerankedUsers, repairs };
}

async function rerankOne(
  utilizer: Utilizer,
  knowledge: KnowledgeView,
  user: number,
  preferences: KnowledgeParts,
  base: readonly number[],
  { reasoner, memory, seed, window, signal }: RerankOptions,
): Promise<{ readonly order: readonly number[]; readonly repairs: RepairCounts }> {
  const ask = () => utilizer.rerank(user, preferences, base, { knowledge, signal });
  if (!memory || !reasoner.paid) return ask();
  const properties = base.map((item) => knowledge.get('property', item)?.parts ?? null);
  const inputs = digest({ reasoner: reasoner.digest, seed, window: window ?? null, preferences, base, properties });
  const key = `rerank|${user}|${inputs.slice(0, 24)}`;
  const found = memory.journal.find(key);
  if (found) return found.value as Awaited<ReturnType<typeof ask>>;
  const value = await ask();
  const { inputTokens, outputTokens } = value;
  await memory.grouped(() => memory.journal.append({ key, value, interactions: [], inputTokens, outputTokens }));
  return value;
}
