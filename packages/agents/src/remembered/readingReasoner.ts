import { AmrError } from '@agentmmrec/core';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import { ExtractiveReasoner } from '../extractive/extractiveReasoner.js';
import type { Reasoner } from '../reasoning/reasoner.js';
import { foundRecipe } from './recipe.js';
import { RememberedReasoner } from './rememberedReasoner.js';

/** The extractive reasoner where a memory holds its entries already: refining and reranking look at entries alone, so nothing is measured. */
class UnmeasuredExtractive extends ExtractiveReasoner {
  override async prepare(): Promise<void> {}
}

/**
 * Who answers for a memory that is only read: the extractive reasoner where it is the one that made the memory, which decides as it
 * did without looking at the catalog again, else whoever only remembers.
 * @throws AmrError input: an empty memory, or entries of an extractive reasoner that decides otherwise today
 */
export function readingReasoner(memory: KnowledgeMemory): Reasoner {
  const extractive = new UnmeasuredExtractive();
  const recipe = foundRecipe(memory);
  if (recipe?.reasoner !== extractive.name) return new RememberedReasoner(memory);
  if (recipe.digest === extractive.digest) return extractive;
  throw new AmrError({
    what: `knowledge memory ${memory.path}`,
    got: `knowledge by ${recipe.reasoner} of another version (${recipe.digest.slice(0, 12)})`,
    expected: `version ${extractive.digest.slice(0, 12)}`,
    hint: 'build the knowledge again in another memory and train on it, or use the release that made this one',
  });
}
