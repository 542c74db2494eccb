import { textTable } from '@agentmmrec/core';
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
      const rows = memories.map((memory) => row(memory, names.get(memory.fingerprint) ?? '-'));
      if (memories.length === 0)
        session.say('no knowledge yet; make some: agentmmrec knowledge build --data catalog --reasoner extractive');
      else
        session.say(
          textTable(
            [
              ['memory', 'data', 'reasoner', 'state', 'preferences', 'properties', 'versions', 'tokens', 'written'],
              ...rows,
            ],
            [1, 2, 3],
          ),
        );
      for (const { id, problem } of memories) if (problem !== null) session.say(`${id}: ${problem}`);
      session.emit({ memories });
    } finally {
      workspace.close();
    }
  },
});

function row(memory: MemorySummary, data: string): string[] {
  const { id, reasoner, state, preferences, properties, versions, inputTokens, outputTokens, lastWrittenAtMs } = memory;
  const entries = [counted(preferences), counted(properties)];
  return [
    id,
    data,
    reasoner ?? '-',
    state,
    ...entries,
    String(versions),
    String(inputTokens + outputTokens),
    moment(lastWrittenAtMs),
  ];
}

function counted(jobs: JobCounts | null): string {
  if (jobs === null) return '-';
  const { waiting, leased, done, failed } = jobs;
  return `${done} of ${waiting + leased + done + failed}${failed > 0 ? `, ${failed} failed` : ''}`;
}
