import type { KnowledgeMemory } from '@agentmmrec/memory';
import { outcomesKey, type UserOutcome } from './feedbackUser.js';

/** A user whose preference the rounds changed, and the last of these changes. */
export interface AcceptedRewrite {
  readonly user: number;
  readonly outcome: UserOutcome;
}

/** What the rounds of a run came to, user by user, ascending. */
export function acceptedRewrites(memory: KnowledgeMemory, runId: string, rounds: number): AcceptedRewrite[] {
  const found = new Map<number, UserOutcome>();
  for (let round = 0; round < rounds; round++) {
    const prefix = outcomesKey(roundKeyOf(runId, round));
    for (const { key, value } of memory.journal.withPrefix(prefix)) {
      const outcome = value as UserOutcome;
      if (outcome.status === 'improved') found.set(Number(key.slice(prefix.length)), outcome);
    }
  }
  return [...found].map(([user, outcome]) => ({ user, outcome })).sort((a, b) => a.user - b.user);
}

/** What the journal keys of a round begin with. */
export function roundKeyOf(runId: string, round: number): string {
  return `feedback|${runId}|${round}`;
}
