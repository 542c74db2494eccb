import type { EntryKind, KnowledgeEntry, KnowledgeView } from '@agentmmrec/memory';

/** Entries kept: the reasons of one list ask for one preference again and again, and popular items stand in many lists. */
const KEPT: Readonly<Record<EntryKind, number>> = { preference: 16, property: 1024 };

/**
 * A moment of a memory that reads entries as they are asked for and keeps those asked for last, without their sources. A list needs one
 * preference and some dozen properties; all of a large catalog would fill the memory of a server.
 * @param moment what never changes: `memory.asOf`
 */
export function leanView(moment: KnowledgeView): KnowledgeView {
  const kept: Record<EntryKind, Map<number, KnowledgeEntry | null>> = { preference: new Map(), property: new Map() };
  const get = (kind: EntryKind, entity: number, version?: number): KnowledgeEntry | null => {
    if (version !== undefined) return moment.get(kind, entity, version);
    const entries = kept[kind];
    const known = entries.get(entity);
    if (known !== undefined) entries.delete(entity);
    const entry = known === undefined ? withoutSources(moment.get(kind, entity)) : known;
    entries.set(entity, entry);
    if (entries.size > KEPT[kind]) entries.delete(entries.keys().next().value as number);
    return entry;
  };
  return {
    fingerprint: moment.fingerprint,
    isFrozen: true,
    get,
    has: (kind, entity) => get(kind, entity) !== null,
    all: (kind) => moment.all(kind),
  };
}

function withoutSources(entry: KnowledgeEntry | null): KnowledgeEntry | null {
  return entry && { ...entry, provenance: { ...entry.provenance, interactions: [], sampledItems: [], templates: [] } };
}
