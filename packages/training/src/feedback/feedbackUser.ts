import {
  addRepairs,
  type Integrator,
  type RepairCounts,
  type Reranked,
  type Utilizer,
  type Written,
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
  readonly attempts: number;
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

interface Best {
  readonly parts: Pick<NewEntry, 'parts' | 'provenance'>;
  readonly ndcg: number;
  /** number of the attempt that wrote it, 0 before any */
  readonly attempt: number;
}

/**
 * One user of a feedback round (docs/method.md#feedback, step 3): rerank; where the order got worse, let the Integrator rewrite P_u
 * from the truth item and rerank again, at most `feedbackAttempts` times, each time from the best text so far. The best version counts
 * afterwards: a rewrite that ends worse than it began is rolled back. Versions, rollback and outcome commit together, so a killed
 * round finds the user done or untouched.
 * @param base item ids as ranked, best first; holds `truth`, not in the first place
 */
export async function feedbackUser(
  feedback: UserFeedback,
  user: number,
  truth: number,
  base: readonly number[],
): Promise<UserOutcome> {
  const { memory, knowledge, roundKey } = feedback;
  const key = `${roundKey}|outcome|${user}`;
  const done = memory.journal.find(key);
  if (done) return done.value as UserOutcome;
  const quality = (order: readonly number[]): number => ndcgAt(order, Int32Array.of(truth), base.length);
  const ndcgBase = quality(base);
  let repairs: RepairCounts = {};
  const start = await startingEntry(feedback, user, truth);
  if (start === null) {
    const nothing = { ndcgBase, ndcgReranked: ndcgBase, ndcgBest: ndcgBase, attempts: 0, keptVersion: null, repairs };
    return commit(feedback, key, user, { status: 'withoutPreference', ...nothing }, []);
  }
  const rank = async (entry: Pick<NewEntry, 'parts'>, attempt: number): Promise<number> => {
    const { utilizer, signal } = feedback;
    const call = () => utilizer.rerank(user, entry.parts, base, { knowledge, signal });
    const reranked = await journalled<Reranked>(feedback, `${user}|rerank|${attempt}`, call, costOfReranking);
    repairs = addRepairs(repairs, reranked.repairs);
    return quality(reranked.order);
  };
  const ndcgReranked = await rank(start, 0);
  let best: Best = { parts: start, ndcg: ndcgReranked, attempt: 0 };
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
    const written = await journalled<Written>(feedback, `${user}|update|${attempt}`, update, costOfUpdate);
    repairs = addRepairs(repairs, written.repairs);
    rewrites.push(written.entry);
    const ndcg = await rank(written.entry, attempt);
    if (ndcg > best.ndcg) best = { parts: written.entry, ndcg, attempt };
  }
  const status = rewrites.length === 0 ? 'useful' : best.attempt > 0 ? 'improved' : 'rolledBack';
  const outcome = {
    ndcgBase,
    ndcgReranked,
    ndcgBest: best.ndcg,
    attempts: rewrites.length,
    keptVersion: null,
    repairs,
  };
  return commit(feedback, key, user, { status, ...outcome }, rewrites, best.attempt);
}

/** The entries that a reranking saw have sources of their own. */
function costOfReranking({ inputTokens, outputTokens }: Reranked): CallCost {
  return { interactions: [], inputTokens, outputTokens };
}

/** The tokens of an update stand in the entry it writes. */
function costOfUpdate({ entry }: Written): CallCost {
  return { interactions: entry.provenance.interactions, inputTokens: 0, outputTokens: 0 };
}

/** A rebuilt entry is never stored as a version: its tokens are counted here. */
function costOfRebuild(written: Written | null): CallCost {
  if (written === null) return { interactions: [], inputTokens: 0, outputTokens: 0 };
  const { interactions, inputTokens, outputTokens } = written.entry.provenance;
  return { interactions, inputTokens, outputTokens };
}

type CallCost = Pick<JournalRecord, 'interactions' | 'inputTokens' | 'outputTokens'>;

/** P_u as it may be judged on `truth`: rebuilt without that item where it was built from it. */
async function startingEntry(
  feedback: UserFeedback,
  user: number,
  truth: number,
): Promise<Pick<NewEntry, 'parts' | 'provenance'> | null> {
  const entry = feedback.knowledge.get('preference', user);
  if (entry === null) return null;
  if (!entry.provenance.interactions.some(([, item]) => item === truth)) return entry;
  const { integrator, signal } = feedback;
  const rebuild = () => integrator.preference(user, { without: truth, signal });
  return (await journalled<Written | null>(feedback, `${user}|rebuild`, rebuild, costOfRebuild))?.entry ?? null;
}

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
  key: string,
  user: number,
  outcome: UserOutcome,
  rewrites: readonly NewEntry[],
  kept = 0,
): Promise<UserOutcome> {
  return memory.grouped(() => {
    const before = knowledge.get('preference', user)?.version ?? 0;
    const versions = rewrites.map((entry) => memory.put(entry));
    const current = kept > 0 ? versions[kept - 1] : before;
    const last = versions.at(-1);
    if (last !== undefined && last !== current)
      memory.rollback('preference', user, current, 'feedback: a later rewrite ranked no better');
    const settled = { ...outcome, keptVersion: kept > 0 ? current : null };
    memory.journal.append({ key, value: settled, interactions: [], inputTokens: 0, outputTokens: 0 });
    return settled;
  });
}
