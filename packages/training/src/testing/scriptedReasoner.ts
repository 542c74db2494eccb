import type { Reasoner, RerankInput, UpdateInput } from '@agentmmrec/agents';
import type { KnowledgeParts } from '@agentmmrec/core';

/** A text-only reasoner whose answers are told by the test; it writes down what it was asked. */
export class ScriptedReasoner implements Reasoner {
  readonly name = 'scripted';
  readonly digest = 'scripted';
  readonly seesImages = false;
  readonly calls: string[] = [];
  rerankAnswer: (input: RerankInput) => readonly number[] = ({ candidates }) => candidates.map(({ item }) => item);
  updateAnswer: (input: UpdateInput) => KnowledgeParts = ({ preferences, attempt }) => ({
    ...preferences,
    text: `${preferences.text} rewrite ${attempt}`,
  });
  /** runs before each answer: may throw */
  before: (call: string) => void = () => {};

  constructor(
    readonly paid = true,
    readonly concurrency = 1,
  ) {}

  async prepare(): Promise<void> {}

  preference(_task: string, user: number, items: readonly { item: number }[]) {
    const shown = items.map(({ item }) => `i${item}`).sort();
    return this.answer(`preference ${user}`, `likes ${shown.join(' ')}`);
  }

  property(_task: string, { item }: { item: number }) {
    return this.answer(`property ${item}`, `is i${item}`);
  }

  refine() {
    return this.answer<readonly number[]>('refine', []);
  }

  rerank(input: RerankInput) {
    return this.answer(`rerank ${input.user} ${input.preferences.text}`, this.rerankAnswer(input));
  }

  updatePreference(input: UpdateInput) {
    return this.answer(`update ${input.user} ${input.attempt}`, this.updateAnswer(input));
  }

  private async answer<T>(call: string, value: T) {
    await Promise.resolve();
    this.before(call);
    this.calls.push(call);
    return { value, record: { templates: [], inputTokens: 10, outputTokens: 1, repairs: [] } };
  }
}
