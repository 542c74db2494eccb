import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStreams } from '@agentmmrec/core';
import { openMemory } from '@agentmmrec/memory';
import { expect } from '@jest/globals';
import { killMoment } from '../acceptance/killMoments.js';
import { childSources } from '../support/childSources.js';

/**
 * `build`: 120 entries; `feedback`: a feedback round of 60 users. The reasoner's calls take a moment and are printed as they
 * end, at most three at a time. Only so many are answered in one start as it is told; further ones stay in flight, so that a
 * start that is to be killed never ends by itself, however late the signal comes. Run again with the same file it goes on; its
 * last line is `end` with the result.
 */
const program = `
import { buildKnowledge } from '@agentmmrec/agents';
import { buildInteractions, itemsOf } from '@agentmmrec/datasets';
import { openMemory } from '@agentmmrec/memory';
import { RandomStreams } from '@agentmmrec/core';
import { writeSync } from 'node:fs';
const [path, part, answers] = process.argv.slice(2);
let unanswered = answers === 'all' ? Infinity : Number(answers);
const [users, items, seed] = [60, 60, 4];
const pairs = Array.from({ length: users }, (_, u) => Array.from({ length: 6 }, (_, n) => [u, (u + n * 3) % items])).flat();
const train = buildInteractions(users, items, { userIds: Int32Array.from(pairs, (p) => p[0]), itemIds: Int32Array.from(pairs, (p) => p[1]) });
const content = Array.from({ length: items }, (_, i) => ({ title: 'thing ' + i, brand: '', categories: [], description: '', imagePath: null }));
const ids = (n) => Array.from({ length: n }, (_, i) => String(i));
const training = { name: 'kill', users, items, userIds: ids(users), itemIds: ids(items), train, content, features: [], fingerprint: 'kill' };
let silent = false;
const answer = async (call, value) => {
  if (!silent) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (unanswered-- <= 0) await new Promise(() => setInterval(() => {}, 1000));
    writeSync(1, call + '\\n');
  }
  return { value, record: { templates: [{ id: 't', hash: 'h' }], inputTokens: 3, outputTokens: 1, repairs: [] } };
};
const reasoner = {
  name: 'slow', digest: 'slow', seesImages: false, paid: true, concurrency: 3, prepare: async () => {},
  preference: (task, user, shown, call) => answer('preference ' + user + ' ' + call.seed, 'likes ' + shown.map((s) => s.item).join(' ')),
  property: (task, target) => answer('property ' + target.item, 'is ' + target.item),
  rerank: ({ user, candidates, preferences }) => answer('rerank ' + user + ' ' + preferences.text,
    preferences.text.includes('+' + (user % 4)) ? candidates.map((c) => c.item) : candidates.map((c) => c.item).reverse()),
  updatePreference: ({ user, preferences, attempt }) => answer('update ' + user + ' ' + attempt, { ...preferences, text: preferences.text + ' +' + attempt }),
};
const memory = openMemory({ path, fingerprint: 'kill', mode: 'write' });
silent = part === 'feedback';
const report = await buildKnowledge({ training, reasoner, memory, knowledgeSeed: seed });
silent = false;
if (part === 'build') writeSync(1, 'end ' + JSON.stringify([report.preferences.failures, report.properties.failures]) + '\\n');
else {
  const { beginFeedbackRun, feedbackFolds, feedbackRounds, withoutFolds } = await import('@agentmmrec/training');
  const folds = feedbackFolds(train, new RandomStreams(seed), 0, 512);
  const runs = [...memory.journal.withPrefix('feedback-run|')].length;
  const run = beginFeedbackRun({ memory, identity: 'kill', resume: runs > 0 });
  const encoder = { id: 'one', digest: 'one', width: 1, encode: async (texts) => ({ rows: texts.length, cols: 1, data: new Float32Array(texts.length).fill(1) }) };
  const hook = feedbackRounds({ training: withoutFolds(training, folds), folds, likeMinded: null, reasoner, memory, run, encoder, knowledgeSeed: seed });
  const changed = [];
  const round = await hook.endPeriod(0, {
    signal: undefined,
    rank: (userIds) => ({ userIds, k: 5, scores: new Float32Array(userIds.length * 5),
      items: Int32Array.from([...userIds].flatMap((u) => [itemsOf(folds.deciding, u)[0], itemsOf(folds.rewriting, u)[0], ...[1, 2, 4].map((n) => (u + n) % items)])) }),
    model: { updateUserKnowledge: (userIds) => changed.push(...userIds) },
  });
  writeSync(1, 'end ' + JSON.stringify({ round, changed }) + '\\n');
}
memory.close();
`;

const MOMENTS = 20;
/** calls that may be in flight, see the program */
const IN_FLIGHT = 3;
/** the longest time between the call that a kill is counted by and the signal: some calls and their commits */
const LONGEST_DELAY_MS = 6;

const packages = {
  build: ['core', 'kernels', 'datasets', 'llm', 'graphs', 'encoders', 'memory', 'agents'],
  feedback: ['autograd', 'evaluation', 'models', 'training'],
};

type Part = keyof typeof packages;

interface KilledRun {
  /** everything printed, by all starts in turn */
  readonly lines: readonly string[];
  /** calls finished over all starts when each kill was sent */
  readonly kills: readonly number[];
}

interface Kill {
  /** printed calls of this start after which it is sent */
  readonly after: number;
  /** calls that this start answers at most: no fewer than `after`, and too few to end */
  readonly answers: number;
  readonly delayMs: number;
}

/** A program that is killed and started again, and the memories it leaves. */
class KilledRuns {
  private readonly sources: ReturnType<typeof childSources>;
  private readonly folder = mkdtempSync(join(tmpdir(), 'killed-'));

  constructor(private readonly part: Part) {
    this.sources = childSources([...packages.build, ...(part === 'feedback' ? packages.feedback : [])]);
    writeFileSync(join(this.sources.folder, 'program.mjs'), program);
  }

  remove(): void {
    this.sources.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs to the end without a kill; returns the lines. */
  async whole(name: string): Promise<string[]> {
    return await this.start(name, null);
  }

  /** Kills at `moments` moments, one drawn from each equal share of the run's `calls` calls, then lets it end. */
  async killed(name: string, calls: number, moments: number, seed: number): Promise<KilledRun> {
    const random = new RandomStreams(seed).stream('kills');
    const lines: string[] = [];
    const kills: number[] = [];
    for (let moment = 0; moment < moments; moment++) {
      // Finished calls that were repeated do not count twice, or late moments would never come.
      const finished = new Set(lines).size;
      const { place, answered } = killMoment(random, { calls, moments, moment, finished });
      const delayMs = random.uniform() * LONGEST_DELAY_MS;
      lines.push(...(await this.start(name, { after: place - finished, answers: answered - finished, delayMs })));
      kills.push(place);
    }
    lines.push(...(await this.whole(name)));
    return { lines, kills };
  }

  /** Everything of a memory but times. */
  contentOf(name: string) {
    const memory = openMemory({ path: join(this.folder, name), fingerprint: 'kill', mode: 'read' });
    try {
      return (['preference', 'property'] as const).flatMap((kind) =>
        [...memory.all(kind)].map(({ entity, version }) => ({
          kind,
          entity,
          version,
          history: memory
            .history(kind, entity)
            .map(({ createdAtMs: _, provenance: { elapsedMs: __, ...provenance }, ...entry }) => ({
              ...entry,
              provenance,
            })),
          decisions: memory.decisions(kind, entity).map(({ cause, version: decided }) => [cause, decided]),
        })),
      );
    } finally {
      memory.close();
    }
  }

  /** Starts the program and, with `kill`, sends SIGKILL; returns the whole lines. */
  private async start(name: string, kill: Kill | null): Promise<string[]> {
    const program = join(this.sources.folder, 'program.mjs');
    const words = [program, join(this.folder, name), this.part, String(kill?.answers ?? 'all')];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let sent = false;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (kill === null || sent || output.split('\n').length <= kill.after) return;
      sent = true;
      setTimeout(() => child.kill('SIGKILL'), kill.delayMs);
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([code, signal]).toEqual(kill === null ? [0, null] : [null, 'SIGKILL']);
    return output.split('\n').slice(0, -1);
  }
}

/** Kills the part at 20 random moments: the memory ends as an uninterrupted run's, and only calls in flight are repeated. */
export async function expectSameMemory(part: Part): Promise<void> {
  const runs = new KilledRuns(part);
  try {
    const whole = await runs.whole('whole');
    const expected = whole.filter((line) => !line.startsWith('end'));
    expect(expected.length).toBeGreaterThanOrEqual(120);
    expect(new Set(expected).size).toBe(expected.length);

    const { lines, kills } = await runs.killed('killed', expected.length, MOMENTS, 21);
    expect(kills).toHaveLength(MOMENTS);
    for (const [moment, place] of kills.entries()) {
      // Each in its own share of the run, give or take the calls that ended between signal and death.
      expect(Math.abs(place / expected.length - (moment + 0.5) / MOMENTS)).toBeLessThan(1.5 / MOMENTS);
    }
    // Killed runs print no end.
    expect(lines.filter((line) => line.startsWith('end'))).toEqual([whole.at(-1)]);
    expect(runs.contentOf('killed')).toEqual(runs.contentOf('whole'));
    const calls = lines.filter((line) => !line.startsWith('end'));
    expect(new Set(calls)).toEqual(new Set(expected));
    expect(calls.length - expected.length).toBeLessThanOrEqual(IN_FLIGHT * MOMENTS);
  } finally {
    runs.remove();
  }
}
