import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { JobCounts, JobFailure, KnowledgeMemory, WrittenVersion } from '@agentmmrec/memory';
import { openMemory } from '@agentmmrec/memory';
import { NotThere, notThere } from '../refusals.js';

/** How far a build is. `stopped`: the same command goes on; `empty`: nothing was ever asked for. */
export type BuildState = 'complete' | 'building' | 'stopped' | 'empty';

/** A knowledge memory in one line. */
export interface MemorySummary {
  /** the file's name, or `run:` and the run that owns it */
  readonly id: string;
  /** of the data set it was made for */
  readonly fingerprint: string | null;
  readonly reasoner: string | null;
  readonly state: BuildState;
  /** entries by what became of them */
  readonly preferences: JobCounts | null;
  readonly properties: JobCounts | null;
  readonly versions: number;
  readonly rollbacks: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** new versions a minute over the last minutes of writing; null before there is a pace */
  readonly versionsPerMinute: number | null;
  /** how long the rest takes at that pace; null where nothing is built */
  readonly secondsLeft: number | null;
  /** milliseconds since 1970 */
  readonly lastWrittenAtMs: number | null;
  readonly bytes: number;
  readonly problem: string | null;
}

/** Entries that were given up. */
export interface MemoryFailures {
  readonly preferences: readonly JobFailure[];
  readonly properties: readonly JobFailure[];
}

const SUFFIX = '.sqlite';
/** Rows read before others get a turn. */
const PAGE = 2000;
/** The pace is that of the last so many versions. */
const PACE_VERSIONS = 200;
/** A build that wrote nothing for so long is not taken for one that goes on. */
const SILENT_MS = 10 * 60_000;

/** The knowledge memories of a workspace, opened for reading only: a build or a training may write them meanwhile. */
export class Memories {
  private readonly followed = new Map<string, FollowedMemory>();

  constructor(private readonly workspace: string) {}

  /** Every memory with its counts, the one written last first. */
  async list(): Promise<MemorySummary[]> {
    const found = await Promise.all([...this.paths()].map(([id, path]) => this.summaryOf(id, path)));
    return found.sort((a, b) => (b.lastWrittenAtMs ?? 0) - (a.lastWrittenAtMs ?? 0));
  }

  /** @throws NotThere */
  failures(id: string): MemoryFailures {
    const memory = this.open(id).memory;
    return { preferences: memory.jobs.failures('preference'), properties: memory.jobs.failures('property') };
  }

  /** The memory of that name, or the newest for the data. @throws NotThere; AmrError input: damage, another data set */
  reader(id: string | null, fingerprint: string): { readonly id: string; readonly memory: KnowledgeMemory } {
    const chosen = id ?? this.newestFor(fingerprint);
    if (chosen === null) {
      throw new NotThere({
        what: 'knowledge of this data set',
        got: 'none in the workspace',
        expected: 'a memory made for it',
        hint: 'make one: agentmmrec knowledge build --data ... --reasoner extractive',
      });
    }
    const followed = this.open(chosen);
    if (followed.memory.fingerprint === fingerprint) return { id: chosen, memory: followed.memory };
    throw new NotThere({
      what: `knowledge memory ${chosen}`,
      got: 'a memory of another data set',
      expected: 'one made for the data that is served',
      hint: 'see which there are: agentmmrec knowledge list',
    });
  }

  /** Of the data set's own memories, the one written last; null where there is none. */
  newestFor(fingerprint: string): string | null {
    const own = [...this.paths()].filter(([id]) => id.startsWith(fingerprint.slice(0, 16)));
    const times = own.map(([id, path]) => ({ id, at: writtenAt(path) }));
    return times.sort((a, b) => b.at - a.at)[0]?.id ?? null;
  }

  /** Lets go of all files. */
  close(): void {
    for (const followed of this.followed.values()) followed.memory.close();
    this.followed.clear();
  }

  private paths(): Map<string, string> {
    const knowledge = join(this.workspace, 'knowledge');
    const runs = join(this.workspace, 'runs');
    const shared = namesIn(knowledge)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => [name.slice(0, -SUFFIX.length), join(knowledge, name)] as const);
    const own = namesIn(runs)
      .map((run) => [`run:${run}`, join(runs, run, `memory${SUFFIX}`)] as const)
      .filter(([, path]) => existsSync(path));
    return new Map([...shared, ...own]);
  }

  private open(id: string): FollowedMemory {
    const path = this.paths().get(id);
    if (path === undefined)
      throw notThere('knowledge memory', id, [...this.paths().keys()], 'see agentmmrec knowledge list');
    const { ino } = statSync(path);
    const known = this.followed.get(id);
    if (known?.inode === ino) return known;
    known?.memory.close();
    const followed = new FollowedMemory(openMemory({ path, fingerprint: null, mode: 'read' }), ino);
    this.followed.set(id, followed);
    return followed;
  }

  private async summaryOf(id: string, path: string): Promise<MemorySummary> {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    try {
      const followed = this.open(id);
      await followed.follow();
      return { id, bytes, ...followed.summary(existsSync(`${path}-writer`)), problem: null };
    } catch (cause) {
      return { id, bytes, ...nothing, problem: (cause as Error).message };
    }
  }
}

const nothing = {
  fingerprint: null,
  reasoner: null,
  state: 'empty',
  preferences: null,
  properties: null,
  versions: 0,
  rollbacks: 0,
  inputTokens: 0,
  outputTokens: 0,
  versionsPerMinute: null,
  secondsLeft: null,
  lastWrittenAtMs: null,
} as const;

/** A memory whose decisions are read once, in their order, and counted as they come. */
class FollowedMemory {
  private sequence = 0;
  private versions = 0;
  private rollbacks = 0;
  private inputTokens = 0;
  private outputTokens = 0;
  private lastWrittenAtMs: number | null = null;
  private times: number[] = [];
  private following: Promise<void> | null = null;

  constructor(
    readonly memory: KnowledgeMemory,
    readonly inode: number,
  ) {}

  /** Reads what has been written since. */
  async follow(): Promise<void> {
    this.following ??= this.readOn().finally(() => {
      this.following = null;
    });
    await this.following;
  }

  summary(hasWriter: boolean): Omit<MemorySummary, 'id' | 'bytes' | 'problem'> {
    const { memory, versions, rollbacks, inputTokens, outputTokens, lastWrittenAtMs } = this;
    const [preferences, properties] = [memory.jobs.counts('preference'), memory.jobs.counts('property')];
    const open = [preferences, properties].reduce((sum, { waiting, leased }) => sum + waiting + leased, 0);
    const done = preferences.done + properties.done;
    const goesOn = hasWriter && lastWrittenAtMs !== null && Date.now() - lastWrittenAtMs < SILENT_MS;
    const state = open > 0 ? (goesOn ? 'building' : 'stopped') : done + versions > 0 ? 'complete' : 'empty';
    const versionsPerMinute = paceOf(this.times);
    const recipe = memory.journal.find('recipe')?.value as { reasoner?: unknown } | undefined;
    return {
      fingerprint: memory.fingerprint,
      reasoner: typeof recipe?.reasoner === 'string' ? recipe.reasoner : null,
      state,
      preferences,
      properties,
      versions,
      rollbacks,
      inputTokens,
      outputTokens,
      versionsPerMinute,
      secondsLeft: state === 'building' && versionsPerMinute ? (60 * open) / versionsPerMinute : null,
      lastWrittenAtMs,
    };
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const rows = this.memory.decisionsAfter(this.sequence, PAGE);
      for (const row of rows) this.count(row);
      if (rows.length < PAGE) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private count({ sequence, cause, inputTokens, outputTokens, createdAtMs }: WrittenVersion): void {
    this.sequence = sequence;
    this.lastWrittenAtMs = createdAtMs;
    if (cause === 'rollback') {
      this.rollbacks++;
      return;
    }
    this.versions++;
    this.inputTokens += inputTokens;
    this.outputTokens += outputTokens;
    this.times.push(createdAtMs);
    if (this.times.length > 2 * PACE_VERSIONS) this.times = this.times.slice(-PACE_VERSIONS);
  }
}

function paceOf(times: readonly number[]): number | null {
  const last = times.slice(-PACE_VERSIONS);
  const milliseconds = (last.at(-1) ?? 0) - (last[0] ?? 0);
  return last.length < 2 || milliseconds <= 0 ? null : (60_000 * (last.length - 1)) / milliseconds;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function writtenAt(path: string): number {
  const times = ['', '-wal'].map((suffix) => statSync(`${path}${suffix}`, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}
