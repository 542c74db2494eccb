import { AmrError } from '@agentmmrec/core';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import type { Reasoner } from '../reasoning/reasoner.js';

/** How the knowledge of a memory is made. */
export interface KnowledgeRecipe {
  /** name of the reasoner */
  readonly reasoner: string;
  /** of what determines its answers */
  readonly digest: string;
  readonly seed: number;
  /** Y: how many neighbours a prompt may see; null where the memory does not say */
  readonly neighbours: number | null;
}

/** The recipe of a memory; an imported one has none of its own, but its entries say how they were made. Null for an empty memory. */
export function foundRecipe(memory: KnowledgeMemory): KnowledgeRecipe | null {
  const record = memory.journal.find('recipe');
  if (record) return record.value as KnowledgeRecipe;
  for (const kind of ['preference', 'property'] as const) {
    for (const { provenance } of memory.all(kind)) {
      const { reasoner, modelDigest: digest, seed } = provenance;
      return { reasoner, digest, seed, neighbours: null };
    }
  }
  return null;
}

const augmenterKey = 'augmenter|';

/** The digest of the augmenter that was asked last, or null. */
export function foundAugmenter(memory: Pick<KnowledgeMemory, 'journal'>): string | null {
  return [...memory.journal.withPrefix(augmenterKey)].at(-1)?.key.slice(augmenterKey.length) ?? null;
}

/** Writes down who is asked to augment: a memory that is only remembered finds the answers by it. */
export function rememberAugmenter(memory: Pick<KnowledgeMemory, 'journal'>, digest: string): void {
  const key = `${augmenterKey}${digest}`;
  memory.journal.append({ key, value: null, interactions: [], inputTokens: 0, outputTokens: 0 });
}

/**
 * One memory holds one reasoner's knowledge from one seed: a mixture could be neither described nor made again. Writes the recipe
 * down where the memory has none.
 * @throws AmrError input when the memory was made in another way
 */
export function requireSameRecipe({
  memory,
  reasoner,
  seed,
  neighbours,
}: {
  memory: KnowledgeMemory;
  reasoner: Reasoner;
  seed: number;
  neighbours: number;
}): void {
  const recipe = { reasoner: reasoner.name, digest: reasoner.digest, seed, neighbours };
  const found = foundRecipe(memory) ?? recipe;
  const same = { ...found, neighbours: found.neighbours ?? neighbours };
  if (JSON.stringify(same) === JSON.stringify(recipe)) {
    memory.journal.append({ key: 'recipe', value: recipe, interactions: [], inputTokens: 0, outputTokens: 0 });
    return;
  }
  const words = (one: KnowledgeRecipe): string =>
    `reasoner ${one.reasoner} (${one.digest.slice(0, 12)}), seed ${one.seed}, ${one.neighbours} neighbours`;
  throw new AmrError({
    what: `knowledge memory ${memory.path}`,
    got: `knowledge made by ${words(same)}`,
    expected: words(recipe),
    hint: 'name another --memory file, or the reasoner and seed it was made with; a model’s options and prompts are part of it',
  });
}
