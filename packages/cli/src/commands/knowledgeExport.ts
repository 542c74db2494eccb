import { required } from '@agentmmrec/core';
import { exportArrow } from '@agentmmrec/memory';
import { defineCommand } from '../command.js';
import { memoryOptions, withMemory } from '../studies/knowledgeFile.js';

export const knowledgeExport = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec knowledge export --data catalog --to knowledge.arrow',
  options: { ...memoryOptions, to: required({ type: 'text', help: 'the Arrow file to write' }) },
  async run({ to, ...options }, session) {
    await withMemory(options, session, 'read', async (memory, training) => {
      const { versions } = await exportArrow(memory, to, training);
      session.say(`wrote ${versions} versions to ${to}`);
      session.emit({ path: to, versions });
    });
  },
});
