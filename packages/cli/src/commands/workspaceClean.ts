import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, flag } from '@agentmmrec/core';
import { defineCommand } from '../command.js';

/** What this program writes into a workspace; nothing else is ever removed. */
const workspaceFolders = ['artifacts', 'datasets', 'knowledge', 'runs', 'reports'] as const;

export const workspaceClean = defineCommand({
  example: 'agentmmrec workspace clean --all',
  options: { all: flag(false, 'also remove prepared data, knowledge, checkpoints and reports') },
  async run({ all }, session) {
    if (!existsSync(session.workspace)) {
      throw new AmrError({
        what: `workspace ${session.workspace}`,
        got: 'no such folder',
        expected: 'a workspace made by an earlier command',
        hint: 'name it with --workspace',
      });
    }
    const removed: { folder: string; bytes: number }[] = [];
    for (const folder of all ? workspaceFolders : (['artifacts'] as const)) {
      const path = join(session.workspace, folder);
      if (!existsSync(path)) continue;
      removed.push({ folder, bytes: folderBytes(path) });
      rmSync(path, { recursive: true });
    }
    const bytes = removed.reduce((sum, { bytes }) => sum + bytes, 0);
    session.say(
      removed.length === 0 ? 'nothing to remove' : `removed ${removed.map((r) => r.folder).join(', ')}: ${bytes} bytes`,
    );
    session.emit({ workspace: session.workspace, removed, bytes });
  },
});

function folderBytes(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
