import { legibleParts, weaknessesOf } from '@agentmmrec/agents';
import { AmrError, optional } from '@agentmmrec/core';
import type { KnowledgeEntry, KnowledgeMemory } from '@agentmmrec/memory';
import { defineCommand } from '../command.js';
import { type Entry, entryOf, entryOptions, withMemory } from '../studies/knowledgeFile.js';

export const knowledgeShow = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec knowledge show --data catalog --user user-0001',
  options: {
    ...entryOptions,
    version: optional({ type: 'integer', min: 1, help: 'an older version; default: the current one' }),
  },
  async run({ version, ...options }, session) {
    await withMemory(options, session, 'read', (memory, training) => {
      const wanted = entryOf(options, training);
      const entry = memory.get(wanted.kind, wanted.entity, version ?? undefined);
      if (entry === null) throw noEntry(wanted, version, memory);
      session.say(describe(wanted, entry));
      session.emit({ id: wanted.id, ...entry, weaknesses: weaknessesOf(entry) });
    });
  },
});

/** The sentence for an entry, or a version of it (null = any), that is not in the memory. */
export function noEntry({ kind, entity, id }: Entry, version: number | null, memory: KnowledgeMemory): AmrError {
  const versions = memory.history(kind, entity).map((entry) => entry.version);
  const some = versions.length > 0;
  return new AmrError({
    what: `${kind} of ${id}`,
    got: some ? `no version ${version}` : 'no entry',
    expected: some ? `one of its versions, ${versions.join(', ')}` : 'an entry in the memory',
    hint: some
      ? 'see when and why they were written: agentmmrec knowledge history'
      : 'cold users and items without content have none, nor do those whose calls failed: agentmmrec knowledge build',
  });
}

function describe(wanted: Entry, { version, parts, provenance, createdAtMs }: KnowledgeEntry): string {
  const absent = '(absent: the data set has no such content)';
  const { text, visual, crossModal } = legibleParts(parts);
  const { reasoner, interactions, sampledItems, tasks, repairs } = provenance;
  return [
    `${wanted.kind} of ${wanted.id}, version ${version}, ${new Date(createdAtMs).toISOString()}`,
    `  text:        ${text ?? absent}`,
    `  visual:      ${visual ?? absent}`,
    `  cross-modal: ${crossModal ?? absent}`,
    `  from ${interactions.length} training interactions and ${sampledItems.length} items by ${reasoner} (${tasks.join(', ')})`,
    ...([text, visual, crossModal].some((part) => part?.includes('●'))
      ? ['  ●○: how strongly each is meant, of seven']
      : []),
    ...([text, visual, crossModal].some((part) => /\blook \d+ of \d+/.test(part ?? ''))
      ? [
          '  look 3 of 16: pictures whose features are alike are in one of 16 groups, these in the third; finer groups beside it',
        ]
      : []),
    ...[...new Set(repairs)].map((repair) => `  repaired: ${repair}`),
    ...weaknessesOf({ parts, provenance }).map((weakness) => `  weak: ${weakness}`),
  ].join('\n');
}
