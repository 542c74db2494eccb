import { AmrError } from '@agentmmrec/core';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import type { Augmenter, ModalityTask, Reasoner } from '../reasoning/reasoner.js';
import { foundAugmenter, foundRecipe } from './recipe.js';

/**
 * Stands for the reasoner that made a memory where nothing new shall be asked: what it answered is found in the memory, so that
 * models are built, evaluated and used without its language model. A question that the memory does not answer is an error.
 */
export class RememberedReasoner implements Reasoner {
  readonly name: string;
  readonly digest: string;
  readonly seesImages = true;
  readonly concurrency = 1;
  readonly paid = true;
  readonly augmenter: Augmenter;

  /** @throws AmrError input when the memory does not say who made it */
  constructor(memory: KnowledgeMemory) {
    const recipe = foundRecipe(memory);
    if (recipe === null) {
      throw new AmrError({
        what: `knowledge memory ${memory.path}`,
        got: 'an empty memory',
        expected: 'knowledge in it',
        hint: 'fill it: agentmmrec knowledge build --data ... --reasoner ...',
      });
    }
    this.name = recipe.reasoner;
    this.digest = recipe.digest;
    // Costs the entity its part of an augmentation, as when a call fails.
    const refuses = (task: string) => async (): Promise<never> => {
      throw this.unanswered(task, 'failed');
    };
    this.augmenter = {
      digest: foundAugmenter(memory) ?? '',
      profile: refuses('user-profile'),
      attributes: refuses('item-attributes'),
      edges: refuses('augment-edges'),
    };
  }

  async prepare(): Promise<void> {}

  /** Refuses: it only remembers. */
  async preference(task: ModalityTask): Promise<never> {
    throw this.unanswered(`preference-${task}`);
  }

  /** Refuses: it only remembers. */
  async property(task: ModalityTask): Promise<never> {
    throw this.unanswered(`property-${task}`);
  }

  /** Costs the item its refinement and not the graph, as when a call fails: a model is then built as it was in training. */
  async refine(): Promise<never> {
    throw this.unanswered('refine-graph', 'failed');
  }

  /** Likewise: a user whose call failed in training keeps the list here too. */
  async rerank(): Promise<never> {
    throw this.unanswered('rerank', 'failed');
  }

  /** Refuses: it only remembers. */
  async updatePreference(): Promise<never> {
    throw this.unanswered('update-preference');
  }

  private unanswered(question: string, kind: 'input' | 'failed' = 'input'): AmrError {
    return new AmrError({
      what: question,
      got: 'no answer in the memory',
      expected: `one by ${this.name}`,
      hint: 'name the language model, with --reasoner and --llm-url, so that it can be asked',
      kind,
    });
  }
}
