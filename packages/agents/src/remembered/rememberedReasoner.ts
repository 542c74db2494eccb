import { AmrError } from '@agentmmrec/core';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import type {
  Augmenter,
  ItemView,
  ModalityTask,
  Reasoner,
  RefinementInput,
  RerankInput,
  UpdateInput,
} from '../reasoning/reasoner.js';
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
    this.augmenter = {
      digest: foundAugmenter(memory) ?? '',
      profile: async (user) => {
        throw this.unanswered(`user-profile of user ${user}`, 'failed');
      },
      attributes: async ({ item }) => {
        throw this.unanswered(`item-attributes of item ${item}`, 'failed');
      },
      edges: async ({ user }) => {
        throw this.unanswered(`augment-edges of user ${user}`, 'failed');
      },
    };
  }

  async prepare(): Promise<void> {}

  /** Refuses: it only remembers. */
  async preference(task: ModalityTask, user: number): Promise<never> {
    throw this.unanswered(`preference-${task} of user ${user}`);
  }

  /** Refuses: it only remembers. */
  async property(task: ModalityTask, { item }: ItemView): Promise<never> {
    throw this.unanswered(`property-${task} of item ${item}`);
  }

  /** Costs the item its refinement and not the graph, as when a call fails: a model is then built as it was in training. */
  async refine({ target }: RefinementInput): Promise<never> {
    throw this.unanswered(`refine-graph of item ${target.item}`, 'failed');
  }

  /** Likewise: a user whose call failed in training keeps the list here too. */
  async rerank({ user }: RerankInput): Promise<never> {
    throw this.unanswered(`rerank of user ${user}`, 'failed');
  }

  /** Refuses: it only remembers. */
  async updatePreference({ user }: UpdateInput): Promise<never> {
    throw this.unanswered(`update-preference of user ${user}`);
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
