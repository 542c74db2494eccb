import { required, text } from '@agentmmrec/core';
import { defineCommand } from '../command.js';
import { entryOf, entryOptions, withMemory } from '../studies/knowledgeFile.js';
import { noEntry } from './knowledgeShow.js';

export const knowledgeRollback = defineCommand({
  example: 'agentmmrec knowledge rollback --data catalog --user user-0001 --version 1',
  options: {
    ...entryOptions,
    version: required({ type: 'integer', min: 1, help: 'the version that shall count' }),
    reason: text('by hand', 'why, kept with the decision'),
  },
  async run({ version, reason, ...options }, session) {
    await withMemory(options, session, 'write', (memory, training) => {
      const wanted = entryOf(options, training);
      if (memory.get(wanted.kind, wanted.entity, version) === null) throw noEntry(wanted, version, memory);
      memory.rollback(wanted.kind, wanted.entity, version, reason);
      session.say(`${wanted.kind} of ${wanted.id} is version ${version} again`);
      session.emit({ id: wanted.id, kind: wanted.kind, version, reason });
    });
  },
});
