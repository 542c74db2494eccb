import type { EntryKind, KnowledgeEntry, KnowledgeView } from '@agentmmrec/memory';

/**
 * The current entries of a view read once and held in memory: reranking asks for the same properties thousands of times.
 * Later writes to the memory do not show, so a list is always ranked against one state.
 */
export function knowledgeSnapshot(view: KnowledgeView): KnowledgeView {
  if (view.isFrozen) return view;
  const read = (kind: EntryKind) => new Map([...view.all(kind)].map((entry) => [entry.entity, entry] as const));
  const entries: Record<EntryKind, Map<number, KnowledgeEntry>> = {
    preference: read('preference'),
    property: read('property'),
  };
  return {
    fingerprint: view.fingerprint,
    isFrozen: true,
    get(kind, entity, version) {
      const entry = entries[kind].get(entity) ?? null;
      return version === undefined || entry?.version === version ? entry : view.get(kind, entity, version);
    },
    has: (kind, entity) => entries[kind].has(entity),
    all: (kind) => entries[kind].values(),
  };
}
