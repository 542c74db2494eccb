import { buildKnowledge } from '@agentmmrec/agents';
import { type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import { itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import { feedbackFolds, withoutFolds } from '../feedback/feedbackFold.js';
import type { FeedbackReport } from '../feedback/feedbackReport.js';
import { beginFeedbackRun, type FeedbackContext, feedbackRounds } from '../index.js';
import type { ScriptedReasoner } from './scriptedReasoner.js';
import { tinyEncoder, wordShop } from './wordShop.js';

export const users = 12;
export const items = 30;
export const whole = wordShop(
  Array.from({ length: users }, (_, user) => Array.from({ length: 7 }, (_, n) => (user * 5 + n * 4) % items)),
  items,
);
export const seed = 3;
export const folds = feedbackFolds(whole.train, new RandomStreams(seed), 0, 512);
export const training = withoutFolds(whole, folds);
export const truthOf = (user: number) => itemsOf(folds.rewriting, user)[0];
export const decidingOf = (user: number) => itemsOf(folds.deciding, user)[0];

/** Entries about the shop, made without the folds. */
export async function built(reasoner: ScriptedReasoner, shop: TrainingData = training): Promise<KnowledgeMemory> {
  const memory = openMemory({ path: ':memory:', fingerprint: shop.fingerprint, mode: 'write', nowMs: () => 0 });
  await buildKnowledge({ training: shop, reasoner, memory, knowledgeSeed: seed });
  reasoner.calls.length = 0;
  return memory;
}

/** Lists of six unseen items with the truth in place `place`, or not at all (-1), and last the item that decides. */
export function listOf(user: number, place: number): number[] {
  const seen = new Set(itemsOf(whole.train, user));
  const list = Array.from({ length: items }, (_, item) => item)
    .filter((item) => !seen.has(item))
    .slice(0, 5);
  if (place >= 0) list[place] = truthOf(user);
  return [...list, decidingOf(user)];
}

/** A context without a model: lists as told, and what the round replaces. */
export function contextOf(place: (user: number) => number) {
  const replaced = new Map<number, number[]>();
  const asked: { userIds: Int32Array; k: number; masked: unknown }[] = [];
  const context: FeedbackContext = {
    signal: undefined,
    rank: (userIds, masked, k) => {
      asked.push({ userIds, k, masked });
      const lists = Array.from(userIds, (user) => [...listOf(user, place(user)), -1]);
      return { userIds, k: 7, items: Int32Array.from(lists.flat()), scores: new Float32Array(lists.length * 7) };
    },
    model: {
      updateUserKnowledge: (userIds, rows) => {
        userIds.forEach((user, row) => {
          replaced.set(user, [...rows.data.subarray(row * rows.cols, (row + 1) * rows.cols)]);
        });
      },
    },
  };
  return { context, replaced, asked };
}

/** One round of feedback over the folds. */
export async function round(
  memory: KnowledgeMemory,
  reasoner: ScriptedReasoner,
  context: FeedbackContext,
  { period = 0, folds: held = folds, likeMinded = null as NeighbourLists | null } = {},
) {
  const run = beginFeedbackRun({ memory, identity: 'test', resume: period > 0 });
  const hook = feedbackRounds({
    training,
    folds: held,
    likeMinded,
    reasoner,
    memory,
    run,
    encoder: tinyEncoder,
    knowledgeSeed: seed,
  });
  return (await hook.endPeriod(period, context)) as FeedbackReport;
}

/** Puts the truth in place `place` of the shown list, and the item that decides in place `deciding` after that. */
export const moveTruth = (user: number, shown: readonly number[], place: number, deciding = 5): number[] =>
  moved(moved(shown, truthOf(user), place), decidingOf(user), deciding);

export const moved = (list: readonly number[], item: number, place: number): number[] =>
  list.filter((other) => other !== item).toSpliced(place, 0, item);
