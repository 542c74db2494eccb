import { legibleParts } from '@agentmmrec/agents';
import { AmrError, type KnowledgeParts, optional } from '@agentmmrec/core';
import { type DiffPiece, diffVersions, type KnowledgeMemory } from '@agentmmrec/memory';
import { defineCommand } from '../command.js';
import { entryOf, entryOptions, withMemory } from '../studies/knowledgeFile.js';
import { noEntry } from './knowledgeShow.js';

export const knowledgeDiff = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec knowledge diff --data catalog --user user-0001 --from 1 --to 2',
  options: {
    ...entryOptions,
    from: optional({ type: 'integer', min: 1, help: 'the older version; default: the one before --to' }),
    to: optional({ type: 'integer', min: 1, help: 'the newer version; default: the newest' }),
  },
  async run({ from, to, ...options }, session) {
    await withMemory(options, session, 'read', (memory, training) => {
      const wanted = entryOf(options, training);
      const newest = memory.history(wanted.kind, wanted.entity).at(-1)?.version;
      if (newest === undefined) throw noEntry(wanted, null, memory);
      const newer = to ?? newest;
      const older = from ?? newer - 1;
      if (older < 1) throw onlyOne(wanted.id, wanted.kind);
      for (const version of [older, newer]) {
        if (memory.get(wanted.kind, wanted.entity, version) === null) throw noEntry(wanted, version, memory);
      }
      const diff = (of: Pick<KnowledgeMemory, 'get' | 'history'>) => diffVersions(of, wanted, { older, newer });
      session.say(`${wanted.kind} of ${wanted.id}, version ${older} to ${newer} ([-removed-] {+added+})`);
      for (const [part, pieces] of Object.entries(diff(legible(memory)))) {
        if (pieces !== null)
          session.say(`  ${partNames[part as keyof KnowledgeParts]}: ${pieces.map(marked).join(' ')}`);
      }
      session.emit({ id: wanted.id, kind: wanted.kind, from: older, to: newer, parts: diff(memory) });
    });
  },
});

const partNames: Readonly<Record<keyof KnowledgeParts, string>> = {
  text: 'text',
  visual: 'visual',
  crossModal: 'cross-modal',
};

/** The memory as people read it. */
function legible(memory: KnowledgeMemory): Pick<KnowledgeMemory, 'get' | 'history'> {
  return {
    history: (kind, entity) => memory.history(kind, entity),
    get(...which) {
      const entry = memory.get(...which);
      return entry && { ...entry, parts: legibleParts(entry.parts) };
    },
  };
}

function onlyOne(id: string, kind: string): AmrError {
  return new AmrError({
    what: `${kind} of ${id}`,
    got: 'its first version',
    expected: 'two versions to compare',
    hint: 'feedback rounds of a training write further ones: agentmmrec train --feedback on --memory FILE',
  });
}

function marked({ change, text }: DiffPiece): string {
  return change === 'same' ? text : change === 'added' ? `{+${text}+}` : `[-${text}-]`;
}
