import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStreams } from '@agentmmrec/core';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';

/**
 * A build of 40 entries and a feedback round over it, with a reasoner whose calls take a moment and are written to the log as
 * they end. Run again with the same file it goes on.
 */
const program = `
import { buildKnowledge } from '@agentmmrec/agents';
import { buildInteractions, itemsOf } from '@agentmmrec/datasets';
import { openMemory } from '@agentmmrec/memory';
import { RandomStreams } from '@agentmmrec/core';
import { beginFeedbackRun, feedbackFold, feedbackRounds } from '@agentmmrec/training';
import { writeSync } from 'node:fs';
const [path] = process.argv.slice(2);
const [users, items, seed] = [20, 20, 4];
const pairs = Array.from({ length: users }, (_, u) => Array.from({ length: 6 }, (_, n) => [u, (u + n * 3) % items])).flat();
const train = buildInteractions(users, items, { userIds: Int32Array.from(pairs, (p) => p[0]), itemIds: Int32Array.from(pairs, (p) => p[1]) });
const content = Array.from({ length: items }, (_, i) => ({ title: 'thing ' + i, brand: '', categories: [], description: '', imagePath: null }));
const ids = (n) => Array.from({ length: n }, (_, i) => String(i));
const training = { name: 'kill', users, items, userIds: ids(users), itemIds: ids(items), train, content, features: [], fingerprint: 'kill' };
const answer = async (call, value) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  writeSync(1, call + '\\n');
  return { value, record: { templates: [{ id: 't', hash: 'h' }], inputTokens: 3, outputTokens: 1, repairs: [] } };
};
const truth = feedbackFold(train, new RandomStreams(seed), 0);
const reasoner = {
  name: 'slow', digest: 'slow', seesImages: false, paid: true, concurrency: 3, prepare: async () => {},
  preference: (task, user, shown, call) => answer('preference ' + user + ' ' + call.seed, 'likes ' + shown.map((s) => s.item).join(' ')),
  property: (task, target) => answer('property ' + target.item, 'is ' + target.item),
  rerank: ({ user, candidates, preferences }) => answer('rerank ' + user + ' ' + preferences.text,
    preferences.text.includes('+' + (user % 4)) ? candidates.map((c) => c.item) : candidates.map((c) => c.item).reverse()),
  updatePreference: ({ user, preferences, attempt }) => answer('update ' + user + ' ' + attempt, { ...preferences, text: preferences.text + ' +' + attempt }),
};
const memory = openMemory({ path, fingerprint: 'kill', mode: 'write' });
await buildKnowledge({ training, reasoner, memory, seed });
const runs = [...memory.journal.withPrefix('feedback-run|')].length;
const run = beginFeedbackRun({ memory, identity: 'kill', resume: runs > 0 });
const encoder = { id: 'one', digest: 'one', width: 1, encode: async (texts) => ({ rows: texts.length, cols: 1, data: new Float32Array(texts.length).fill(1) }) };
const hook = feedbackRounds({ training, reasoner, memory, run, encoder, seed });
const changed = [];
const report = await hook.endPeriod(0, {
  trainedOn: train, signal: undefined,
  rank: (userIds) => ({ userIds, k: 5, scores: new Float32Array(userIds.length * 5),
    items: Int32Array.from([...userIds].flatMap((u) => [30, itemsOf(truth, u)[0], 31, 32, 33])) }),
  model: { updateUserKnowledge: (userIds) => changed.push(...userIds) },
});
writeSync(1, 'report ' + JSON.stringify({ report, changed }) + '\\n');
memory.close();
`;

let sources: ReturnType<typeof childSources>;
let folder: string;
beforeAll(() => {
  const packages = [
    'core',
    'kernels',
    'datasets',
    'llm',
    'autograd',
    'graphs',
    'encoders',
    'memory',
    'evaluation',
    'models',
    'agents',
    'training',
  ];
  sources = childSources(packages);
  writeFileSync(join(sources.folder, 'program.mjs'), program);
  folder = mkdtempSync(join(tmpdir(), 'knowledge-kill-'));
}, 60_000);
afterAll(() => {
  sources.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program, killing it with SIGKILL after `calls` finished calls; returns its whole lines. */
async function runProgram(path: string, calls = Number.POSITIVE_INFINITY): Promise<string[]> {
  const child = spawn(process.execPath, [join(sources.folder, 'program.mjs'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > calls) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output.split('\n').slice(0, -1);
}

/** Everything of the memory but times. */
function contentOf(path: string) {
  const memory: KnowledgeMemory = openMemory({ path, fingerprint: 'kill', mode: 'read' });
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

describe('kill -9 in a build and in a feedback round', () => {
  test('leaves the same memory as an uninterrupted run, and repeats no finished call but those in flight', async () => {
    const wholePath = join(folder, 'whole');
    const whole = await runProgram(wholePath);
    const report = whole.filter((line) => line.startsWith('report'));
    expect(report).toHaveLength(1);
    expect(JSON.parse(report[0].slice(7)).report.rewrites).toBeGreaterThan(20);

    const path = join(folder, 'killed');
    const random = new RandomStreams(21).stream('kills');
    const lines: string[] = [];
    let kills = 0;
    for (let last: string | undefined; !last?.startsWith('report'); last = lines.at(-1)) {
      lines.push(...(await runProgram(path, kills < 20 ? 1 + random.integer(14) : undefined)));
      kills++;
      expect(kills).toBeLessThan(60);
    }
    expect(kills).toBeGreaterThan(10);
    expect(lines.at(-1)).toBe(report[0]);
    expect(contentOf(path)).toEqual(contentOf(wholePath));
    // Three calls may be in flight at each kill; a line can be written before its answer is committed.
    const calls = lines.filter((line) => !line.startsWith('report'));
    expect(calls.length - new Set(calls).size).toBeLessThanOrEqual(3 * kills);
    expect(new Set(calls)).toEqual(new Set(whole.filter((line) => !line.startsWith('report'))));
  }, 120_000);
});
