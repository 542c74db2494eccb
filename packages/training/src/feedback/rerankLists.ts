import {
  addRepairs,
  counting,
  isEmpty,
  knowledgeSnapshot,
  type Reasoner,
  type RepairCounts,
  requireContent,
  runCalls,
  Utilizer,
} from '@agentmmrec/agents';
import { digest, type KnowledgeParts, type Log, silentLog, withDefaults } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { RankedLists } from '@agentmmrec/evaluation';
import type { KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';
import type { RerankedLists, RerankHook } from '../hooks.js';
import { type RerankValues, rerankOptions } from './feedbackOptions.js';

/** Who reranks, by which knowledge, and how deep. */
export interface RerankOptions extends Partial<RerankValues> {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** frozen: the entries are read once; later writes do not show */
  readonly knowledge: KnowledgeView;
  /** where answers that cost something are kept and found again */
  readonly memory?: KnowledgeMemory;
  readonly knowledgeSeed: number;
  /** candidates of one call; longer lists are reranked in windows */
  readonly window?: number;
  readonly maxInFlight?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

const FAILURES_TOLD = 10;

/** The Utilizer as the reranker of the final evaluation. */
export function reranker(options: RerankOptions): RerankHook {
  const { rerankDepth } = withDefaults(rerankOptions, options);
  // Made with the first lists and kept: a server reranks one list at a time.
  let prepared: Promise<Prepared> | null = null;
  return {
    rerankDepth,
    rerank: async (lists) => {
      prepared ??= prepare(options);
      return await rerankWith(await prepared, lists, options);
    },
  };
}

interface Prepared {
  readonly utilizer: Utilizer;
  readonly knowledge: KnowledgeView;
}

async function prepare(options: RerankOptions): Promise<Prepared> {
  const { training, reasoner } = options;
  await reasoner.prepare(requireContent(training), training.train);
  return { utilizer: new Utilizer(options), knowledge: knowledgeSnapshot(options.knowledge) };
}

/**
 * Reranks ranked lists with frozen memory (docs/method.md#reranking, eq. 13): of each list the first `rerankDepth` items in a new order, scores
 * with their items. Always a permutation. It is given lists and knowledge, never the truth. A call that fails for good costs its
 * user the new order and is reported; mistakes and stops end it.
 * @param lists not changed
 * @throws AmrError interrupted: `signal`
 */
export async function rerankLists(lists: RankedLists, options: RerankOptions): Promise<RerankedLists> {
  return await rerankWith(await prepare(options), lists, options);
}

async function rerankWith(prepared: Prepared, lists: RankedLists, options: RerankOptions): Promise<RerankedLists> {
  const { reasoner, log = silentLog } = options;
  const { rerankDepth } = withDefaults(rerankOptions, options);
  const result = { items: lists.items.slice(), scores: lists.scores.slice() };
  let repairs: RepairCounts = {};
  let users = 0;
  const failures: { readonly user: number; readonly reason: string }[] = [];
  const rerankRow = async (row: number): Promise<void> => {
    const start = row * lists.k;
    const base = [...lists.items.subarray(start, start + Math.min(rerankDepth, lists.k))].filter((item) => item >= 0);
    const user = lists.userIds[row];
    const preferences = prepared.knowledge.get('preference', user)?.parts ?? null;
    if (preferences === null || isEmpty(preferences) || base.length < 2) return;
    const answer = await rerankOne(prepared, { user, preferences, base }, options);
    const scoreOf = new Map(base.map((item, place) => [item, lists.scores[start + place]]));
    result.items.set(answer.order, start);
    result.scores.set(
      answer.order.map((item) => scoreOf.get(item) ?? Number.NEGATIVE_INFINITY),
      start,
    );
    repairs = addRepairs(repairs, answer.repairs);
    users++;
  };
  await runCalls<number>({
    label: 'reranking',
    activity: 'reranking',
    counted: 'users',
    total: lists.userIds.length,
    hint: 'run the same command again with --resume: answers so far are kept',
    reasoner,
    maxInFlight: options.maxInFlight,
    log,
    signal: options.signal,
    next: counting(lists.userIds.length),
    work: rerankRow,
    failed: (row, reason) => void failures.push({ user: lists.userIds[row], reason }),
  });
  if (failures.length > 0) {
    log.warn(
      `${failures.length} of ${lists.userIds.length} users could not be reranked and keep their lists, the first: user ${options.training.userIds[failures[0].user]}: ${failures[0].reason}`,
    );
  }
  const told = failures
    .sort((a, b) => a.user - b.user)
    .slice(0, FAILURES_TOLD)
    .map(({ user, reason }) => `user ${options.training.userIds[user]}: ${reason}`);
  return {
    lists: { userIds: lists.userIds, k: lists.k, ...result },
    report: { users, failed: failures.length, failures: told, repairs },
  };
}

async function rerankOne(
  { utilizer, knowledge }: Prepared,
  list: { readonly user: number; readonly preferences: KnowledgeParts; readonly base: readonly number[] },
  { reasoner, memory, knowledgeSeed, window, signal }: RerankOptions,
): Promise<{ readonly order: readonly number[]; readonly repairs: RepairCounts }> {
  const { user, preferences, base } = list;
  const ask = () => utilizer.rerank(user, preferences, base, { knowledge, signal });
  if (!memory || !reasoner.paid) return ask();
  const properties = base.map((item) => knowledge.get('property', item)?.parts ?? null);
  const inputs = digest({
    reasoner: reasoner.digest,
    seed: knowledgeSeed,
    window: window ?? null,
    preferences,
    base,
    properties,
  });
  const key = `rerank|${user}|${inputs.slice(0, 24)}`;
  const found = memory.journal.find(key);
  if (found) return found.value as Awaited<ReturnType<typeof ask>>;
  const value = await ask();
  const { inputTokens, outputTokens } = value;
  await memory.grouped(() => memory.journal.append({ key, value, interactions: [], inputTokens, outputTokens }));
  return value;
}
