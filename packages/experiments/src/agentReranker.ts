import type { Utilizer } from '@agentmmrec/agents';
import type { Log } from '@agentmmrec/core';
import type { KnowledgeView } from '@agentmmrec/memory';
import type { RerankHook } from '@agentmmrec/training';

/**
 * The Utilizer as a reranker of final lists (eq. 13): every user with a preference in the view has the first `depth` places
 * reordered; the others keep their list. The view is frozen: reranking writes nothing.
 */
export function agentReranker(
  utilizer: Utilizer,
  view: KnowledgeView,
  depth: number,
  log: Log,
  signal?: AbortSignal,
): RerankHook {
  return {
    depth,
    async rerank(lists) {
      const { userIds, k } = lists;
      const items = lists.items.slice();
      const progress = log.progress('reranking', userIds.length);
      let rerankedUsers = 0;
      try {
        for (let row = 0; row < userIds.length; row++) {
          const preferences = view.get('preference', userIds[row])?.parts;
          if (!preferences) continue;
          const base = Array.from(items.subarray(row * k, (row + 1) * k)).filter((item) => item >= 0);
          const { order } = await utilizer.rerank(userIds[row], preferences, base, {
            knowledge: view,
            ...(signal && { signal }),
          });
          items.set(order, row * k);
          rerankedUsers++;
          progress.update(row + 1);
        }
      } finally {
        progress.end();
      }
      return { lists: { ...lists, items }, rerankedUsers };
    },
  };
}
