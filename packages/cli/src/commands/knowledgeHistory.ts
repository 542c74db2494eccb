import { textTable } from '@agentmmrec/core';
import { defineCommand } from '../command.js';
import { entryOf, entryOptions, withMemory } from '../studies/knowledgeFile.js';
import { noEntry } from './knowledgeShow.js';

export const knowledgeHistory = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec knowledge history --data catalog --user user-0001',
  options: entryOptions,
  async run(options, session) {
    await withMemory(options, session, 'read', (memory, training) => {
      const wanted = entryOf(options, training);
      const versions = memory.history(wanted.kind, wanted.entity);
      if (versions.length === 0) throw noEntry(wanted, 0, memory);
      const decisions = memory.decisions(wanted.kind, wanted.entity);
      const rows = decisions.map(({ sequence, cause, version, reason, createdAtMs }) => [
        String(sequence),
        cause,
        `version ${version}`,
        new Date(createdAtMs).toISOString(),
        reason,
      ]);
      session.say(textTable([['decision', 'cause', 'current', 'time', 'reason'], ...rows], [1, 2, 3, 4]));
      session.emit({ id: wanted.id, kind: wanted.kind, versions, decisions });
    });
  },
});
