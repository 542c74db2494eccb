import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, type Lock, removeAbandoned, tryLock } from '@agentmmrec/core';

const nobody: Lock = { release() {} };

/** Commands hold it together while they run in a workspace; whoever removes from it holds it alone. */
function lockPath(workspace: string): string {
  return join(workspace, 'in-use');
}

/**
 * Says that a command works in the workspace. One that is not there yet is made when `makes`.
 * @throws AmrError input: it is being cleaned
 */
export function useWorkspace(workspace: string, makes: boolean): Lock {
  if (!makes && !existsSync(workspace)) return nobody;
  let lock: Lock | null;
  try {
    lock = tryLock(lockPath(workspace), 'shared');
  } catch {
    // Where nothing can be written nothing can be removed either; what has to write will say so itself.
    return nobody;
  }
  if (lock) {
    clearAbandoned(workspace);
    return lock;
  }
  throw new AmrError({
    what: `workspace ${workspace}`,
    got: 'a workspace that is being cleaned',
    expected: 'one that stays',
    hint: 'run the command again when "agentmmrec workspace clean" has ended',
  });
}

/** What killed commands left half-made goes with the next one, in the folders where everything of a workspace begins. */
function clearAbandoned(workspace: string): void {
  removeAbandoned(workspace);
  const inside = foldersIn(workspace);
  for (const folder of [...inside, ...foldersIn(join(workspace, 'artifacts'))]) removeAbandoned(folder);
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  } catch {
    return []; // none, or closed to us: whoever needs it will say so
  }
}

/** Keeps all others out of the workspace. @throws AmrError input: something runs in it */
export function emptyWorkspace(workspace: string): Lock {
  const lock = tryLock(lockPath(workspace), 'exclusive');
  if (lock) return lock;
  throw new AmrError({
    what: `workspace ${workspace}`,
    got: 'a workspace in which another agentmmrec runs',
    expected: 'one that nothing works in',
    hint: 'wait until it ends, or stop it; nothing was removed',
  });
}
