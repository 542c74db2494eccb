import { optional } from '@agentmmrec/core';
import { type DiffPiece, diffVersions } from '@agentmmrec/memory';
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
      const older = from ?? Math.max(1, newer - 1);
      for (const version of [older, newer]) {
        if (memory.get(wanted.kind, wanted.entity, version) === null) throw noEntry(wanted, version, memory);
      }
      const parts = diffVersions(memory, wanted.kind, wanted.entity, older, newer);
      session.say(`${wanted.kind} of ${wanted.id}, version ${older} to ${newer} ([-removed-] {+added+})`);
      for (const [part, pieces] of Object.entries(parts)) {
        if (pieces !== null) session.say(`  ${part}: ${pieces.map(marked).join(' ')}`);
      }
      session.emit({ id: wanted.id, kind: wanted.kind, from: older, to: newer, parts });
    });
  },
});

function marked({ change, text }: DiffPiece): string {
  return change === 'same' ? text : change === 'added' ? `{+${text}+}` : `[-${text}-]`;
}
