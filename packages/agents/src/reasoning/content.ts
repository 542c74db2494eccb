import { AmrError } from '@agentmmrec/core';
import type { ItemContent, TrainingData } from '@agentmmrec/datasets';

/**
 * The item's content.
 * @throws AmrError input when the data set has none: there is nothing to reason on
 */
export function contentOf(training: TrainingData, item: number): ItemContent {
  return requireContent(training)[item];
}

/** The content of all items, [items]. @throws AmrError input when the data set has none */
export function requireContent(training: TrainingData): readonly ItemContent[] {
  if (training.content !== null) return training.content;
  throw new AmrError({
    what: `knowledge about ${training.name}`,
    got: 'a data set without titles, descriptions or images',
    expected: 'content that an agent can reason on',
    hint: 'add item content (agentmmrec data prepare --help), take --visual-words with the extractive reasoner where there are image features, or train a model that needs none: --model lightgcn',
  });
}
