import type { KnowledgeMemory, KnowledgeView } from './contract.js';

/**
 * Puts the current entries of a view into another memory of the same data set, as new versions: a memory of its own for a run
 * that rewrites entries, so that runs which are compared do not learn from each other.
 */
export function copyKnowledge(from: KnowledgeView, to: KnowledgeMemory): void {
  to.atomically(() => {
    for (const kind of ['preference', 'property'] as const) {
      for (const { entity, parts, provenance } of from.all(kind)) to.put({ kind, entity, parts, provenance });
    }
  });
}
