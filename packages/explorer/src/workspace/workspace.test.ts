import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compareRuns, NotThere, Workspace } from '../index.js';
import { type DemoWorkspace, demoWorkspace } from '../testing/demoWorkspace.js';

let demo: DemoWorkspace;
let workspace: Workspace;
beforeAll(async () => {
  demo = await demoWorkspace();
  workspace = new Workspace(demo.path);
});
afterAll(() => {
  workspace.close();
  rmSync(dirname(demo.path), { recursive: true });
});

/** Every file with its bytes. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, readFileSync(path).toString('base64')];
    }),
  );
}

describe('a workspace', () => {
  test('that is not there is empty, and is not made', async () => {
    const empty = new Workspace(join(tmpdir(), 'agentmmrec-nowhere'));
    expect(empty.datasets()).toEqual([]);
    expect(empty.runs.list()).toEqual([]);
    expect(await empty.memories.list()).toEqual([]);
    expect(empty.reports.list()).toEqual([]);
    expect(existsSync(empty.path)).toBe(false);
  });

  test('says which data sets are prepared, and of a damaged one what is wrong', () => {
    const [catalog] = workspace.datasets();
    expect(catalog).toMatchObject({ name: 'catalog', users: 40, items: 40, hasContent: true, problem: null });
    const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-damaged-'));
    try {
      cpSync(join(demo.path, 'datasets'), join(folder, 'datasets'), { recursive: true });
      const path = join(folder, 'datasets/catalog/manifest.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"users": 40', '"users": 41'));
      expect(new Workspace(folder).datasets()).toMatchObject([
        { name: 'catalog', users: null, problem: expect.stringContaining('was changed') },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('has runs with their numbers and curves, and an unknown one is named with the nearest', () => {
    expect(workspace.runs.list().map(({ id, state, epochs }) => [id, state, epochs])).toEqual([
      [demo.knowledgeRun, 'finished', 3],
      [demo.plainRun, 'finished', 3],
    ]);
    const run = workspace.runs.get(demo.knowledgeRun);
    expect(run.curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(run.curve.every(({ loss, validRecall20 }) => Number(loss) > 0 && Number(validRecall20) >= 0)).toBe(true);
    expect(run.testReranked?.['recall@20']).toBeGreaterThanOrEqual(0);
    expect(run.feedback).toHaveLength(1);
    expect(() => workspace.runs.get('catalog-lightgcn-0123456789aX')).toThrow(NotThere);
    expect(() => workspace.runs.get('catalog-lightgcn-0123456789aX')).toThrow(/did you mean "catalog-lightgcn-/);
    expect(() => workspace.runs.get('../runs/catalog-lightgcn-0123456789ab')).toThrow(NotThere);
  });

  test('shows a run while it trains: its process lives, and each epoch is a line', () => {
    const folder = join(demo.path, 'runs/live');
    mkdirSync(folder);
    cpSync(join(demo.path, 'runs', demo.plainRun, 'checkpoint.amr'), join(folder, 'checkpoint.amr'));
    const curve = join(folder, 'checkpoint.curve.jsonl');
    const facts = { label: 'Live', model: 'lightgcn', data: 'catalog', fingerprint: 'f', seed: 1, epochs: 50 };
    const begin = (process: number) =>
      writeFileSync(curve, `${JSON.stringify({ ...facts, startedAtMs: Date.now(), process, host: hostname() })}\n`);
    try {
      begin(process.pid);
      expect(workspace.runs.get('live')).toMatchObject({
        state: 'training',
        epochs: 3,
        plannedEpochs: 50,
        label: 'Live',
      });
      const line = JSON.stringify({ epoch: 3, loss: 0.25, validation: { 'recall@20': 0.5 }, atMs: 1 });
      writeFileSync(curve, `${readFileSync(curve, 'utf8')}${line}\n{"epoch":4,"lo`);
      expect(workspace.runs.get('live').curve.at(-1)).toEqual({ epoch: 4, loss: 0.25, validRecall20: 0.5 });
      begin(2 ** 22 - 3);
      expect(workspace.runs.get('live').state).toBe('stopped');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('keeps a run that cannot be read in the list, with the problem', () => {
    const folder = join(demo.path, 'runs/broken');
    mkdirSync(folder);
    try {
      writeFileSync(join(folder, 'checkpoint.amr'), 'AMRCKPT\nbroken');
      writeFileSync(join(folder, 'checkpoint.run.json'), '{');
      expect(workspace.runs.list().find(({ id }) => id === 'broken')).toMatchObject({
        state: 'stopped',
        model: 'unknown',
        problem: expect.stringContaining('no manifest of a run'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('compares runs: metrics with the change from the first, and the settings that differ', () => {
    const runs = [demo.plainRun, demo.knowledgeRun].map((id) => workspace.runs.get(id));
    const { metrics, settings, remarks } = compareRuns(runs);
    const recall = metrics.find(({ stage, metric }) => stage === 'test' && metric === 'recall@20');
    const [a, b] = runs.map((run) => run.test?.['recall@20'] ?? 0);
    expect(recall?.values).toEqual([a, b]);
    expect(recall?.changes[1]).toBeCloseTo(b / a - 1);
    expect(recall?.best).toEqual(a === b ? [0, 1] : [a > b ? 0 : 1]);
    expect(settings).toContainEqual({ name: 'model', values: ['lightgcn', 'agentmmrec'] });
    expect(settings.map(({ name }) => name)).not.toContain('seed');
    expect(remarks[0]).toContain('more than chance');
  });
});

describe('knowledge', () => {
  test('is counted as it is written, by a reader beside the writer', async () => {
    const [before] = await workspace.memories.list();
    expect(before).toMatchObject({ state: 'complete', reasoner: 'extractive', problem: null });
    expect(before.preferences).toMatchObject({ waiting: 0, leased: 0, failed: 0 });
    const path = join(demo.path, 'knowledge', `${before.id}.sqlite`);
    const writer: KnowledgeMemory = openMemory({ path, fingerprint: null, mode: 'write' });
    try {
      const entry = writer.get('preference', 0);
      if (entry === null) throw new Error('no entry');
      const { version, createdAtMs: _, ...rest } = entry;
      writer.put({ ...rest, provenance: { ...rest.provenance, inputTokens: 40, outputTokens: 2 } });
      writer.rollback('preference', 0, version);
      writer.jobs.enqueue('preference', ['1000']);
      const [after] = await workspace.memories.list();
      expect(after.versions - before.versions).toBe(1);
      expect(after.rollbacks - before.rollbacks).toBe(1);
      expect([after.inputTokens, after.outputTokens]).toEqual([40, 2]);
      expect(after.state).toBe('building');
    } finally {
      writer.close();
    }
    expect((await workspace.memories.list())[0].state).toBe('stopped');
  });

  test('of other data, or of an unknown name, is refused', () => {
    expect(() => workspace.memories.reader(null, 'another')).toThrow(/knowledge of this data set/);
    expect(() => workspace.memories.reader('../datasets', 'x')).toThrow(NotThere);
  });
});

test('looking changes no file of the workspace but the index that readers of SQLite share', async () => {
  const fresh = new Workspace(demo.path);
  const before = filesOf(demo.path);
  for (const run of fresh.runs.list()) fresh.runs.get(run.id);
  await fresh.memories.list();
  fresh.datasets();
  fresh.openings();
  const after = filesOf(demo.path);
  const changed = Object.keys({ ...before, ...after }).filter((path) => before[path] !== after[path]);
  expect(changed.filter((path) => !/\.sqlite-(wal|shm)$/.test(path))).toEqual([]);
  fresh.close();
});
