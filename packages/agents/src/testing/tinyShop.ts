import { buildInteractions, type ItemContent, type TrainingData } from '@agentmmrec/datasets';
import type { ModalityTask, Reasoner, RefinementInput, RerankInput, UpdateInput } from '../index.js';

/** A shop of `items` described in words, every other one with an image; user u buys the items of `bought[u]`. */
export function tinyShop(bought: readonly (readonly number[])[], items: number): TrainingData {
  const pairs = bought.flatMap((list, user) => list.map((item) => [user, item]));
  return {
    name: 'tiny shop',
    users: bought.length,
    items,
    userIds: bought.map((_, user) => `u${user}`),
    itemIds: Array.from({ length: items }, (_, item) => `i${item}`),
    train: buildInteractions(bought.length, items, {
      userIds: Int32Array.from(pairs, ([user]) => user),
      itemIds: Int32Array.from(pairs, ([, item]) => item),
    }),
    content: Array.from(
      { length: items },
      (_, item): ItemContent => ({
        title: `thing ${item}`,
        brand: item % 3 === 0 ? 'Northgill' : 'Pellworth',
        categories: ['Home'],
        description: '',
        imagePath: item % 2 === 0 ? `image-${item}.png` : null,
      }),
    ),
    features: [],
    fingerprint: 'tiny',
  };
}

/** A reasoner that writes down what it was shown, so that tests can see it, and answers as it is told. */
export class ScriptedReasoner implements Reasoner {
  readonly digest = 'scripted';
  readonly calls: string[] = [];
  prepared = 0;
  refineAnswer: (input: RefinementInput) => readonly number[] = ({ candidates, k }) =>
    candidates.slice(0, k).map(({ item }) => item);
  rerankAnswer: (input: RerankInput) => readonly number[] = ({ candidates }) => candidates.map(({ item }) => item);
  updateAnswer: (input: UpdateInput) => RerankInput['preferences'] = ({ preferences, attempt }) => ({
    text: preferences.text && `${preferences.text} +${attempt}`,
    visual: preferences.visual && `${preferences.visual} +${attempt}`,
    crossModal: preferences.crossModal && `${preferences.crossModal} +${attempt}`,
  });
  /** runs before each answer: waits, or throws */
  before: (call: string, signal?: AbortSignal) => Promise<void> | void = () => {};

  constructor(
    readonly name = 'scripted',
    readonly seesImages = true,
    readonly paid = true,
    readonly concurrency = 1,
  ) {}

  async prepare(): Promise<void> {
    this.prepared++;
  }

  preference(
    task: ModalityTask,
    user: number,
    items: readonly { item: number }[],
    call: { seed: number; signal?: AbortSignal },
  ) {
    const shown = items.map(({ item }) => item).join(' ');
    return this.answer(`preference-${task} ${user}`, `${task} of ${shown} (${call.seed})`, call.signal);
  }

  property(
    task: ModalityTask,
    { item }: { item: number },
    coPurchased: readonly { item: number }[],
    call: { seed: number; signal?: AbortSignal },
  ) {
    const shown = coPurchased.map((other) => other.item).join(' ');
    return this.answer(`property-${task} ${item}`, `${task} of ${item} beside ${shown} (${call.seed})`, call.signal);
  }

  refine(input: RefinementInput) {
    return this.answer(`refine ${input.target.item}`, this.refineAnswer(input));
  }

  rerank(input: RerankInput, call?: { signal?: AbortSignal }) {
    return this.answer(`rerank ${input.user}`, this.rerankAnswer(input), call?.signal);
  }

  updatePreference(input: UpdateInput) {
    return this.answer(`update ${input.user} ${input.attempt}`, this.updateAnswer(input));
  }

  private async answer<T>(call: string, value: T, signal?: AbortSignal) {
    await this.before(call, signal);
    this.calls.push(call);
    const record = {
      templates: [{ id: `${call.split(' ')[0]}@1`, hash: 'h' }],
      inputTokens: 10,
      outputTokens: 2,
      repairs: [],
    };
    return { value, record };
  }
}
