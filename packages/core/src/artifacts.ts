import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, writeFileAtomic } from './files.js';
import { makeFolders } from './folders.js';
import { canonicalJson, digest, digestOfFile } from './hash.js';
import { lockWhenFree, tryLock } from './lock.js';
import { removeUnfinished, temporaryName } from './temporary.js';

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
  /** the facts that its maker returned */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** true when it was found and not made now */
  readonly reused: boolean;
}

/** `manifest.json` of an artifact. */
interface Manifest {
  readonly key: unknown;
  readonly facts: Readonly<Record<string, unknown>>;
  /** SHA-256 of each file */
  readonly files: Readonly<Record<string, string>>;
  /** of all the above */
  readonly manifestDigest: string;
}

const manifestName = 'manifest.json';

/**
 * Folders under `<workspace>/artifacts/<stage>/<digest of stage, version and inputs>`. A stage writes into a temporary
 * folder that is renamed when complete, so an artifact is whole or absent. Nothing is found by a name alone: an artifact counts
 * when its key and every file are what was written, and one that is damaged is made again.
 */
export class ArtifactStore {
  constructor(readonly workspace: string) {}

  /** The folder an artifact with this key has or would have. */
  folderOf(key: ArtifactKey): string {
    return join(this.workspace, 'artifacts', key.stage, digest(key).slice(0, 32));
  }

  /** The artifact, if it exists and is whole. */
  find(key: ArtifactKey): Artifact | null {
    const folder = this.folderOf(key);
    const manifest = readManifest(folder);
    if (manifest === null || canonicalJson(manifest.key) !== canonicalJson(key)) return null;
    if (canonicalJson(manifest.files) !== canonicalJson(digestsIfReadable(folder))) return null;
    return { folder, id: digest(key), manifest: manifest.facts, reused: true };
  }

  /**
   * The artifact, made by `write` when absent or damaged. `write` fills the folder it is given and returns facts for the manifest.
   * When it throws, nothing is left behind. Of several processes one makes it, and the others wait for it.
   */
  async get(
    key: ArtifactKey,
    write: (folder: string) => Promise<Record<string, unknown> | undefined>,
  ): Promise<Artifact> {
    const found = this.find(key);
    if (found) return found;
    const lock = await lockWhenFree(`${this.folderOf(key)}.lock`);
    try {
      return this.find(key) ?? (await this.make(key, write));
    } finally {
      lock.release();
    }
  }

  /**
   * As `get`, for who cannot wait: null where another process is making it. `write` fills the folder at once.
   */
  getNow(key: ArtifactKey, write: (folder: string) => Record<string, unknown> | undefined): Artifact | null {
    const found = this.find(key);
    if (found) return found;
    const lock = tryLock(`${this.folderOf(key)}.lock`);
    if (lock === null) return null;
    try {
      return this.find(key) ?? this.makeNow(key, write);
    } finally {
      lock.release();
    }
  }

  private makeNow(key: ArtifactKey, write: (folder: string) => Record<string, unknown> | undefined): Artifact {
    const begun = this.begin(key);
    try {
      return begun.finish(write(begun.temporary));
    } catch (cause) {
      throw begun.giveUp(cause);
    }
  }

  private async make(
    key: ArtifactKey,
    write: (folder: string) => Promise<Record<string, unknown> | undefined>,
  ): Promise<Artifact> {
    const begun = this.begin(key);
    try {
      return begun.finish(await write(begun.temporary));
    } catch (cause) {
      throw begun.giveUp(cause);
    }
  }

  /** A temporary folder for an artifact, and how it ends; for who holds its lock. @throws AmrError: it cannot be made */
  private begin(key: ArtifactKey) {
    const folder = this.folderOf(key);
    const temporary = temporaryName(folder);
    const giveUp = (cause: unknown): Error => {
      rmSync(temporary, { recursive: true, force: true });
      return fileError(`artifact ${key.stage} in ${folder}`, cause);
    };
    const finish = (facts: Record<string, unknown> = {}): Artifact => {
      writeManifest(temporary, key, facts);
      if (existsSync(folder)) renameSync(folder, temporaryName(folder)); // damaged
      renameSync(temporary, folder);
      removeUnfinished(folder);
      return { folder, id: digest(key), manifest: facts, reused: false };
    };
    try {
      removeUnfinished(folder);
      makeFolders(temporary);
    } catch (cause) {
      throw giveUp(cause);
    }
    return { temporary, finish, giveUp };
  }
}

/** Through canonical JSON: the manifest has the same bytes whoever writes it. */
function writeManifest(folder: string, key: ArtifactKey, facts: Readonly<Record<string, unknown>>): void {
  const content = JSON.parse(canonicalJson({ key, facts, files: digestsOf(folder) })) as Omit<
    Manifest,
    'manifestDigest'
  >;
  const manifest: Manifest = { ...content, manifestDigest: digest(content) };
  writeFileAtomic(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The manifest as it was written, or null. */
function readManifest(folder: string): Manifest | null {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8')) as Manifest | null;
    const { manifestDigest, ...content } = manifest ?? { manifestDigest: '' };
    return manifest !== null && digest(content) === manifestDigest ? manifest : null;
  } catch {
    return null;
  }
}

/** Null while another process takes a damaged artifact away, and where a file cannot be read. */
function digestsIfReadable(folder: string): Record<string, string> | null {
  try {
    return digestsOf(folder);
  } catch {
    return null;
  }
}

function digestsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  const own = names.filter((name) => name !== manifestName);
  return Object.fromEntries(own.map((name) => [name, digestOfFile(join(folder, name))]));
}
