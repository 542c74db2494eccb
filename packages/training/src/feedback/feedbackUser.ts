import {
  addRepairs,
  type Integrator,
  type RepairCounts,
  type Reranked,
  type Utilizer,
  type WrittenEntry,
} from '@agentmmrec/agents';
import { ndcgAt } from '@agentmmrec/evaluation';
import type { JournalRecord, KnowledgeMemory, KnowledgeView, NewEntry } from '@agentmmrec/memory';

/** What a round did with one user. `version` is the one that counts afterwards; 0 where nothing was written. */
export interface UserOutcome {
  readonly status: 'useful' | 'improved' | 'rolledBack' | 'withoutPreference';
  /** NDCG of the user's list: as the recommender ranked it, reranked before any rewrite, and with the best version */
  readonly ndcgBase: number;
  readonly ndcgReranked: number;
  readonly ndcgBest: number;
  /** NDCG on what decides, before any rewrite and with the best one; null where nothing was rewritten */
  readonly decision: { readonly before: number; readonly after: number } | null;
  readonly attempts: number;
  /** number of the attempt that stays; 0 where none does */
  readonly keptAttempt: number;
  /** the version that counts from now on, when the round changed it */
  readonly keptVersion: number | null;
  readonly repairs: RepairCounts;
}

/** What one user's feedback needs. */
export interface UserFeedback {
  readonly memory: KnowledgeMemory;
  /** the memory as the round began */
  readonly knowledge: KnowledgeView;
  readonly integrator: Integrator;
  readonly utilizer: Utilizer;
  /** journal keys of this round start with it */
  readonly roundKey: string;
  /** whether each call is journalled by itself */
  readonly paid: boolean;
  readonly feedbackAttempts: number;
  readonly signal: AbortSignal | undefined;
}

/** A user whose rewrite can be made and judged. */
export interface DecidableTask {
  readonly user: number;
  /** the item that a rewrite is made from */
  readonly truth: number;
  /** items of the list that no rewrite is made from */
  readonly deciding: readonly number[];
  /** item ids as ranked, best first */
  readonly base: readonly number[];
}

interface Best {
  readonly parts: Pick<NewEntry, 'parts' | 'provenance'>;
  /** for the truth that it was rewritten from */
  readonly ndcg: number;
  /** for what decides */
  readonly decided: number;
  /** number of the attempt that wrote it, 0 before any */
  readonly attempt: number;
}

/**
 * One user of a feedback round (docs/method.md#feedback): rerank; where the order got worse, rewrite P_u and rerank again, at most
 * `feedbackAttempts` times; the best version stays where the deciding items rank better with it. Versions, rollback and outcome commit
 * together, so a killed round finds the user done or untouched.
 * @param task its list holds the truth, not in the first place, and at least one item that decides
 */
export async function feedbackUser(feedback: UserFeedback, task: DecidableTask): Promise<UserOutcome> {
  const { user, truth, base, deciding } = task;
  const { memory, knowledge, roundKey } = feedback;
  const key = `${outcomesKey(roundKey)}${user}`;
  const done = memory.journal.find(key);
  if (done) return done.value as UserOutcome;
  const quality = (order: readonly number[]): number => ndcgAt(order, Int32Array.of(truth), base.length);
  const decidingQuality = (order: readonly number[]): number =>
    deciding.reduce((sum, item) => sum + ndcgAt(order, Int32Array.of(item), base.length), 0) / deciding.length;
  const ndcgBase = quality(base);
  let repairs: RepairCounts = {};
  const start = knowledge.get('preference', user);
  if (start === null) {
    const same = { ndcgBase, ndcgReranked: ndcgBase, ndcgBest: ndcgBase, decision: null };
    const nothing = { ...same, attempts: 0, keptAttempt: 0, keptVersion: null, repairs };
    return commit(feedback, { key, user, outcome: { status: 'withoutPreference', ...nothing }, rewrites: [] });
  }
  const rank = async (entry: Pick<NewEntry, 'parts'>, attempt: number): Promise<Omit<Best, 'parts'>> => {
    const { utilizer, signal } = feedback;
    const call = () => utilizer.rerank(user, entry.parts, base, { knowledge, signal });
    const reranked = await journalled<Reranked>(feedback, `${user}|rerank|${attempt}`, call, costOfReranking);
    repairs = addRepairs(repairs, reranked.repairs);
    return { ndcg: quality(reranked.order), decided: decidingQuality(reranked.order), attempt };
  };
  const first: Best = { parts: start, ...(await rank(start, 0)) };
  let best = first;
  const rewrites: NewEntry[] = [];
  while (best.ndcg < ndcgBase && rewrites.length < feedback.feedbackAttempts) {
    const attempt = rewrites.length + 1;
    const properties = knowledge.get('property', truth)?.parts ?? { text: null, visual: null, crossModal: null };
    const input = {
      user,
      preferences: best.parts.parts,
      truth: [{ item: truth, properties }],
      ndcgBase,
      ndcgReranked: best.ndcg,
      attempt,
    };
    const from = best.parts;
    const update = () => feedback.integrator.update(from, input, feedback.signal);
    const written = await journalled<WrittenEntry>(feedback, `${user}|update|${attempt}`, update, costOfUpdate);
    repairs = addRepairs(repairs, written.repairs);
    rewrites.push(written.entry);
    const ranked = await rank(written.entry, attempt);
    if (ranked.ndcg > best.ndcg) best = { parts: written.entry, ...ranked };
  }
  const stays = best.decided > first.decided;
  const status = rewrites.length === 0 ? 'useful' : stays ? 'improved' : 'rolledBack';
  const outcome = {
    ndcgBase,
    ndcgReranked: first.ndcg,
    ndcgBest: stays ? best.ndcg : first.ndcg,
    decision: rewrites.length === 0 ? null : { before: first.decided, after: best.decided },
    attempts: rewrites.length,
    keptAttempt: stays ? best.attempt : 0,
    keptVersion: null,
    repairs,
  };
  const kept = stays ? best.attempt : 0;
  return commit(feedback, { key, user, outcome: { status, ...outcome }, rewrites, kept });
}

/** What the keys of a round's outcomes begin with; the user follows. */
export function outcomesKey(roundKey: string): string {
  return `${roundKey}|outcome|`;
}

/** The entries that a reranking saw have sources of their own. */
function costOfReranking({ inputTokens, outputTokens }: Reranked): CallCost {
  return { interactions: [], inputTokens, outputTokens };
}

/** The tokens of an update stand in the entry it writes. */
function costOfUpdate({ entry }: WrittenEntry): CallCost {
  return { interactions: entry.provenance.interactions, inputTokens: 0, outputTokens: 0 };
}

type CallCost = Pick<JournalRecord, 'interactions' | 'inputTokens' | 'outputTokens'>;

/** Asks once: the answer of a paid call is journalled before anything else happens. */
async function journalled<T>(
  { memory, roundKey, paid }: UserFeedback,
  step: string,
  ask: () => Promise<T>,
  costOf: (answer: T) => CallCost,
): Promise<T> {
  if (!paid) return ask();
  const key = `${roundKey}|call|${step}`;
  const found = memory.journal.find(key);
  if (found) return found.value as T;
  const value = await ask();
  await memory.grouped(() => memory.journal.append({ key, value, ...costOf(value) }));
  return value;
}

function commit(
  { memory, knowledge }: UserFeedback,
  {
    key,
    user,
    outcome,
    rewrites,
    kept = 0,
  }: {
    readonly key: string;
    readonly user: number;
    readonly outcome: UserOutcome;
    readonly rewrites: readonly NewEntry[];
    /** which rewrite stays, counted from 1; 0: what was before */
    readonly kept?: number;
  },
): Promise<UserOutcome> {
  return memory.grouped(() => {
    const before = knowledge.get('preference', user)?.version ?? 0;
    const versions = rewrites.map((entry) => memory.put(entry));
    const current = kept > 0 ? versions[kept - 1] : before;
    const last = versions.at(-1);
    if (last !== undefined && last !== current)
      memory.rollback('preference', user, current, 'feedback: other items rank no better by it');
    const settled = { ...outcome, keptVersion: kept > 0 ? current : null };
    memory.journal.append({ key, value: settled, interactions: [], inputTokens: 0, outputTokens: 0 });
    return settled;
  });
}
