import type { TrainingData } from '@agentmmrec/datasets';
import { EntryCalls } from '../integrator/entryCalls.js';
import type { PromptSampling } from '../knowledgeOptions.js';
import { shows } from '../reasoning/modality.js';
import type { Interaction } from '../reasoning/neighbourhood.js';
import {
  type Answer,
  type Augmenter,
  type Call,
  type ItemAttributes,
  type ItemView,
  neighboursShown,
  type Reasoner,
} from '../reasoning/reasoner.js';
import { edgeCandidates } from './candidates.js';

/** What is asked, the interactions it rests on, and how. */
export interface AugmentQuestion<T> {
  readonly input: unknown;
  readonly sources: readonly Interaction[];
  readonly answer: () => Promise<Answer<T>>;
}

/** The three questions of an augmentation by their entity; null where there is nothing to look at. */
export interface AugmentQuestions {
  profile(user: number, call: Call): AugmentQuestion<string> | null;
  attributes(item: number, call: Call): AugmentQuestion<ItemAttributes> | null;
  edges(user: number, call: Call): AugmentQuestion<readonly number[]> | null;
  /** items with text that a question about edges may name, best first */
  candidates(user: number): ItemView[];
}

/** The items that a question about a user shows are those that P_u was built from. */
export function augmentQuestions({
  training,
  reasoner,
  augmenter,
  knowledgeSeed,
  promptNeighbours: given,
}: PromptSampling & {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  readonly augmenter: Augmenter;
}): AugmentQuestions {
  const promptNeighbours = neighboursShown(reasoner, given);
  const calls = new EntryCalls({ training, knowledgeSeed, reasoner, promptNeighbours });
  const candidatesOf = edgeCandidates(training.train);
  const readable = (items: readonly number[]): ItemView[] =>
    items.map((item) => calls.view(item)).filter(({ content }) => shows(content, 'text'));
  const shown = (user: number) => readable(calls.sampledItems(user));
  const candidates = (user: number) => readable(candidatesOf(user));
  return {
    candidates,
    profile(user, call) {
      const items = shown(user);
      if (items.length === 0) return null;
      return {
        input: { user, items },
        sources: bought(user, items),
        answer: () => augmenter.profile(user, items, call),
      };
    },
    attributes(item, call) {
      const view = calls.view(item);
      if (!shows(view.content, 'text')) return null;
      return { input: { view }, sources: [], answer: () => augmenter.attributes(view, call) };
    },
    edges(user, call) {
      const items = shown(user);
      const found = items.length === 0 ? [] : candidates(user);
      if (found.length < 2) return null;
      const input = { user, items, candidates: found };
      return { input, sources: bought(user, items), answer: () => augmenter.edges(input, call) };
    },
  };
}

function bought(user: number, items: readonly ItemView[]): Interaction[] {
  return items.map(({ item }): Interaction => [user, item]);
}
