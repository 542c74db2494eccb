import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AmrError, silentLog } from '@agentmmrec/core';

const made: string[] = [];

/** Removes every folder made here; for `afterAll`. */
export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** An empty folder that `removeFolders` removes. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
  made.push(folder);
  return folder;
}

/** A folder with the given files. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Options with a workspace of their own. */
export function options<T extends object>(
  more: T,
): { workspace: string; splitSeed: number; log: typeof silentLog } & T {
  return { workspace: newFolder(), splitSeed: 1, log: silentLog, ...more };
}

/** The error that the work ends in; fails when it ends well or in anything but an AmrError. */
export async function errorOf(work: () => unknown): Promise<AmrError> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    if (error instanceof AmrError) return error;
    throw error;
  }
  throw new Error(`expected an error, got ${JSON.stringify(result)?.slice(0, 200)}`);
}
