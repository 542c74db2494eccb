import { existsSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AmrError, flag, isTemporaryName } from '@agentmmrec/core';
import { defineCommand } from '../command.js';
import { emptyWorkspace } from '../session/workspaceUse.js';

/** What this program writes into a workspace; nothing else is ever removed. */
const workspaceFolders = ['artifacts', 'datasets', 'knowledge', 'runs', 'reports'] as const;

export const workspaceClean = defineCommand({
  workspace: 'alone',
  details:
    'Removes what can be made again and what stopped commands left; refuses while another command works in the workspace.',
  example: 'agentmmrec workspace clean --all',
  options: { all: flag(false, 'also remove prepared data, knowledge, checkpoints and reports') },
  async run({ all }, { workspace, say, emit }) {
    if (!existsSync(workspace)) throw noWorkspace(workspace);
    const lock = emptyWorkspace(workspace);
    try {
      const removed: { folder: string; bytes: number }[] = [];
      const remove = async (folder: string) => {
        const path = join(workspace, folder);
        removed.push({ folder, bytes: bytesOf(path) });
        // Many files take long on a slow disk: Ctrl-C is heard meanwhile, and what is left goes with the next call.
        await rm(path, { recursive: true });
      };
      for (const folder of all ? workspaceFolders : (['artifacts'] as const)) {
        if (existsSync(join(workspace, folder))) await remove(folder);
      }
      for (const left of leftOvers(workspace)) await remove(left);
      const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
      say(
        removed.length === 0
          ? 'nothing to remove'
          : `removed ${removed.map((one) => one.folder).join(', ')}: ${bytes} bytes`,
      );
      emit({ workspace, removed, bytes });
    } finally {
      lock.release();
    }
  },
});

/** In the workspace and in the folders that this program makes there. */
function leftOvers(workspace: string): string[] {
  return ['.', ...workspaceFolders].flatMap((folder) => {
    if (!existsSync(join(workspace, folder))) return [];
    const names = readdirSync(join(workspace, folder)).filter(isTemporaryName);
    return names.map((name) => join(folder, name));
  });
}

function bytesOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

function noWorkspace(workspace: string): AmrError {
  return new AmrError({
    what: `workspace ${workspace}`,
    got: 'no such folder',
    expected: 'a workspace made by an earlier command',
    hint: 'name it with --workspace',
  });
}
