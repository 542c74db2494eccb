import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError, type Artifact, type ArtifactKey, ArtifactStore, temporaryFolder } from '@agentmmrec/core';

/** What can be made ready to be asked about: a run, or the neighbours by a memory. */
export interface PreparationTarget {
  readonly run?: string;
  readonly memory?: string;
}

/** Told how far what is made ready is; the first report comes as it begins, before anything is counted. */
export type OnPreparing = (label: string, done: number, total: number | null) => void;

/** Makes it, on data of that path or name, in a process of its own, so that others are answered meanwhile. @throws what that process said */
export type PrepareElsewhere = (
  asked: PreparationTarget & { readonly data: string },
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
) => Promise<void>;

/** The same, on the data set that is open. */
export type PrepareRequest = (
  asked: PreparationTarget,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
) => Promise<void>;

/** Something that is being made ready. */
export interface Preparation {
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly startedAtMs: number;
}

/** What takes long and stays the same is made once, kept as an artifact of the workspace, and found again. */
export class Preparations {
  private readonly going = new Map<string, Preparation>();
  private readonly ending = new AbortController();
  private opened: ArtifactStore | null = null;
  /** where nothing can be written into the workspace: made for this time only, and by this process */
  private temporary: string | null = null;

  constructor(
    private readonly workspace: string,
    private readonly elsewhere: PrepareRequest | null,
    private readonly onProgress: OnPreparing | null,
  ) {}

  /** What is being made now, by what it is. */
  list(): ReadonlyMap<string, Preparation> {
    return this.going;
  }

  /**
   * The artifact, found or made. Whoever asks twice at once keeps the promise.
   * @param label what it is, for people
   * @throws what making it threw
   */
  async get(
    key: ArtifactKey,
    label: string,
    asked: PreparationTarget,
    make: (
      folder: string,
      onProgress: (done: number, total: number) => void,
      signal: AbortSignal,
    ) => Promise<Record<string, unknown>>,
  ): Promise<Artifact> {
    const store = this.store();
    const found = store.find(key);
    if (found) return found;
    const { signal } = this.ending;
    const id = store.folderOf(key);
    const startedAtMs = Date.now();
    const ownLabel =
      this.temporary === null ? label : `${label}, for this time only: ${this.workspace} cannot be written`;
    const tell = (done: number, total: number | null) => {
      this.going.set(id, { label: ownLabel, done, total, startedAtMs });
      this.onProgress?.(ownLabel, done, total);
    };
    tell(0, null);
    try {
      if (this.elsewhere === null || this.temporary !== null) {
        return await store.get(key, (folder) => make(folder, tell, signal));
      }
      await this.elsewhere(asked, tell, signal);
      const made = store.find(key);
      if (made) return made;
      throw changed(label);
    } finally {
      this.going.delete(id);
    }
  }

  /** Ends what is being made, and removes what was made for this time only. */
  close(): void {
    this.ending.abort();
    if (this.temporary !== null) rmSync(this.temporary, { recursive: true, force: true });
  }

  private store(): ArtifactStore {
    if (this.opened === null) {
      this.temporary = isWritable(this.workspace) ? null : temporaryFolder(tmpdir(), 'agentmmrec');
      this.opened = new ArtifactStore(this.temporary ?? this.workspace);
    }
    return this.opened;
  }
}

function isWritable(workspace: string): boolean {
  const artifacts = join(workspace, 'artifacts');
  try {
    accessSync(existsSync(artifacts) ? artifacts : workspace, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function changed(label: string): AmrError {
  return new AmrError({
    what: label,
    got: 'files that changed while they were read',
    expected: 'a run and a memory that stay as they are',
    hint: 'ask again',
    kind: 'failed',
  });
}
