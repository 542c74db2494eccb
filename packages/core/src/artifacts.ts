import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError } from './errors.js';
import { fileError, temporaryName, writeFileAtomic } from './files.js';
import { canonicalJson, digest } from './hash.js';

/** What an artifact is made from. Everything that can change its content must be in here. */
export interface ArtifactKey {
  /** folder name of its kind: `features`, `neighbours` */
  readonly stage: string;
  /** raised when the stage's code changes what it writes */
  readonly stageVersion: number;
  /** digests or values of inputs and options */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A finished artifact on disk. */
export interface Artifact {
  /** folder that holds its files */
  readonly folder: string;
  /** digest of the key */
  readonly id: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** true when it was found and not made now */
  readonly reused: boolean;
}

/**
 * Folders under `<workspace>/artifacts/<stage>/<digest of stage, version and inputs>`. A stage writes into a temporary
 * folder that is renamed when complete, so an artifact is whole or absent. Nothing is found by a name alone.
 */
export class ArtifactStore {
  constructor(readonly workspace: string) {}

  /** The folder an artifact with this key has or would have. */
  folderOf(key: ArtifactKey): string {
    return join(this.workspace, 'artifacts', key.stage, digest(key).slice(0, 32));
  }

  /** The artifact if it exists. */
  find(key: ArtifactKey): Artifact | null {
    const folder = this.folderOf(key);
    const path = join(folder, 'manifest.json');
    if (!existsSync(path)) return null;
    try {
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { folder, id: digest(key), manifest, reused: true };
    } catch (cause) {
      throw new AmrError({
        what: path,
        got: 'a manifest that cannot be read',
        expected: 'JSON',
        hint: `delete ${folder}; it will be made again`,
        cause,
      });
    }
  }

  /**
   * The artifact, made by `write` when absent. `write` fills the folder it is given and returns facts for the manifest.
   * When it throws, nothing is left behind.
   */
  async get(
    key: ArtifactKey,
    write: (folder: string) => Promise<Record<string, unknown> | undefined>,
  ): Promise<Artifact> {
    const found = this.find(key);
    if (found) return found;
    const folder = this.folderOf(key);
    const temporary = temporaryName(folder);
    let made = false;
    try {
      mkdirSync(temporary, { recursive: true });
      made = true;
      const facts = await write(temporary);
      // Round trip through canonical JSON: the manifest has the same bytes whoever writes it.
      const manifest = { key: JSON.parse(canonicalJson(key)) as unknown, ...facts };
      writeFileAtomic(join(temporary, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      if (existsSync(folder))
        rmSync(temporary, { recursive: true, force: true }); // another process was first: equal content
      else renameSync(temporary, folder);
      return { folder, id: digest(key), manifest, reused: false };
    } catch (cause) {
      if (made) rmSync(temporary, { recursive: true, force: true });
      throw fileError(`artifact ${key.stage} in ${folder}`, cause);
    }
  }
}
