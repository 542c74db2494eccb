import { RandomStreams } from '@agentmmrec/core';
import type { EntryKind, KnowledgeView } from '@agentmmrec/memory';

/**
 * The same knowledge handed to the wrong entities: user u gets the preference of another user, item i the properties of another
 * item. Embeddings and graphs are made of it anew, the refined graph from each item's own candidates, so that what is lost is the
 * knowledge alone and not the similarity of raw features.
 */
export function permutedView(view: KnowledgeView, users: number, items: number, seed: number): KnowledgeView {
  const streams = new RandomStreams(seed);
  const order = (name: string, count: number): Int32Array =>
    streams.stream(`permuted ${name}`).shuffle(Int32Array.from({ length: count }, (_, n) => n));
  const sources: Record<EntryKind, Int32Array> = { preference: order('users', users), property: order('items', items) };
  return {
    fingerprint: view.fingerprint,
    has: (kind, entity) => view.has(kind, sources[kind][entity]),
    get(kind, entity, version) {
      const entry = view.get(kind, sources[kind][entity], version);
      return entry && { ...entry, entity };
    },
    *all(kind) {
      for (let entity = 0; entity < sources[kind].length; entity++) {
        const entry = this.get(kind, entity);
        if (entry) yield entry;
      }
    },
  };
}
