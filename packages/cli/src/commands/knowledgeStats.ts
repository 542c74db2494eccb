import { textTable } from '@agentmmrec/core';
import { defineCommand } from '../command.js';
import { memoryOptions, withMemory } from '../studies/knowledgeFile.js';

export const knowledgeStats = defineCommand({
  workspace: 'looks',
  example: 'agentmmrec knowledge stats --data catalog',
  options: memoryOptions,
  async run(options, session) {
    await withMemory(options, session, 'read', (memory, training) => {
      const stats = memory.stats();
      session.say(
        textTable([
          ['memory', memory.path],
          ['reasoners', stats.reasoners.join(', ') || 'none'],
          ['preferences', `${stats.preferences} of ${training.users} users`],
          ['properties', `${stats.properties} of ${training.items} items`],
          ['versions', String(stats.versions)],
          ['rollbacks', String(stats.rollbacks)],
          ['journal records', String(stats.journalRecords)],
          ['input tokens', String(stats.inputTokens)],
          ['output tokens', String(stats.outputTokens)],
        ]),
      );
      session.emit({ path: memory.path, users: training.users, items: training.items, ...stats });
    });
  },
});
