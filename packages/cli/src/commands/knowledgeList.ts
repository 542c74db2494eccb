import { type MemorySummary, Workspace } from '@agentmmrec/explorer';
import type { JobCounts } from '@agentmmrec/memory';
import { defineCommand } from '../command.js';
import { moment } from '../runs/plainNumbers.js';

export const knowledgeList = defineCommand({
  details: 'Memories of the workspace and copies that belong to runs, with how far each is. Looking disturbs no build.',
  workspace: 'looks',
  example: 'agentmmrec knowledge list',
  options: {},
  async run(_options, session) {
    const workspace = new Workspace(session.workspace);
    try {
      const memories = await workspace.memories.list();
      // Data that was never prepared is known by the runs on it.
      const names = new Map<string | null, string>([
        ...workspace.runs.list().map(({ fingerprint, data }) => [fingerprint, data] as const),
        ...workspace.datasets().map(({ fingerprint, name }) => [fingerprint, name] as const),
      ]);
      if (memories.length === 0)
        session.say('no knowledge yet; make some: agentmmrec knowledge build --data catalog --reasoner extractive');
      for (const memory of memories) session.say(linesOf(memory, names.get(memory.fingerprint)).join('\n'));
      for (const { id, problem } of memories) if (problem !== null) session.say(`${id}: ${problem}`);
      session.emit({ memories });
    } finally {
      workspace.close();
    }
  },
});

/** A memory in three short lines: its name may be as long as a terminal is wide. */
function linesOf(memory: MemorySummary, data: string | undefined): string[] {
  const { id, reasoner, state, preferences, properties, versions, inputTokens, outputTokens, lastWrittenAtMs } = memory;
  const tokens = inputTokens + outputTokens;
  return [
    id,
    `  of ${data ?? 'data that is not prepared in this workspace'}${reasoner ? ` by ${reasoner}` : ''}: ${state}`,
    `  ${counted(preferences)} preferences, ${counted(properties)} properties, ${versions} versions` +
      `${tokens > 0 ? `, ${tokens} tokens` : ''}, written ${moment(lastWrittenAtMs)}`,
  ];
}

function counted(jobs: JobCounts | null): string {
  if (jobs === null) return 'unknown';
  const { waiting, leased, done, failed } = jobs;
  return `${done} of ${waiting + leased + done + failed}${failed > 0 ? `, ${failed} failed` : ''}`;
}
