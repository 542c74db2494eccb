import { openMemory } from '@agentmmrec/memory';

export const ids = {
  userIds: Array.from({ length: 8 }, (_, n) => `u${n}`),
  itemIds: Array.from({ length: 8 }, (_, n) => `i${n}`),
};

/** A memory with versions, decisions, journal, drafts and jobs. */
export function filledMemory(path) {
  const memory = openMemory({ path, fingerprint: 'data', mode: 'write' });
  for (const kind of ['preference', 'property']) {
    for (let entity = 0; entity < 8; entity++) {
      for (const text of ['likes oak', 'likes oak and linen \u00e9\u00df']) {
        const provenance = {
          ...{
            agent: 'integrator',
            tasks: ['t'],
            reasoner: 'extractive',
            modelDigest: 'd',
            templates: [],
            split: 'train',
          },
          ...{ interactions: [[entity, 1]], sampledItems: [1], seed: 1, attempt: 1, elapsedMs: 1, inputTokens: 5 },
          ...{ outputTokens: 7, repairs: [] },
        };
        memory.put({ kind, entity, parts: { text, visual: null, crossModal: text }, provenance });
      }
    }
  }
  memory.rollback('preference', 0, 1, 'worse');
  memory.journal.append({ key: 'k', value: { a: [1] }, interactions: [[0, 1]], inputTokens: 1, outputTokens: 1 });
  memory.drafts.save('d', { text: 'x' });
  memory.jobs.enqueue('q', ['a', 'b']);
  return memory;
}
