import { AmrError, digest } from '@agentmmrec/core';
import type { KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';

/** A training run's place in a memory: its journal keys, and the knowledge it began with. */
export interface FeedbackRun {
  /** part of the journal keys of its rounds */
  readonly id: string;
  /** `KnowledgeMemory.sequence()` when the run began */
  readonly sequence: number;
  /** the entries as they were when the run began: what embeddings and graphs are assembled from, also when it is resumed */
  readonly knowledge: KnowledgeView;
}

/**
 * Enters a run into the memory, or finds it again. A resumed run must see the knowledge it began with, not what its own
 * rounds have made of it since: otherwise its checkpoint would not fit.
 * @param call.identity everything that decides the run's bits apart from the knowledge: model, options, seed, feedback options
 * @throws AmrError input: resuming a run that this memory does not know
 */
export function beginFeedbackRun(call: { memory: KnowledgeMemory; identity: unknown; resume: boolean }): FeedbackRun {
  const { memory, identity, resume } = call;
  const prefix = `feedback-run|${digest({ identity }).slice(0, 24)}|`;
  const sequence = resume ? lastStart(memory, prefix) : memory.sequence();
  const key = `${prefix}${sequence}`;
  memory.journal.append({ key, value: { sequence }, interactions: [], inputTokens: 0, outputTokens: 0 });
  return { id: key.slice('feedback-run|'.length), sequence, knowledge: memory.asOf(sequence) };
}

function lastStart(memory: KnowledgeMemory, prefix: string): number {
  const starts = [...memory.journal.withPrefix(prefix)].map(({ value }) => (value as { sequence: number }).sequence);
  if (starts.length > 0) return starts[starts.length - 1];
  throw new AmrError({
    what: `knowledge memory ${memory.path}`,
    got: 'no run with these options, to resume',
    expected: 'the memory that the interrupted run used',
    hint: 'name that memory with --memory, or train anew without --resume',
  });
}
