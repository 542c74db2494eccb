import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultsOf, silentLog } from '@agentmmrec/core';
import { loadingOptions } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import { trainingOptions } from '@agentmmrec/training';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { forecastOf, workOf } from './forecast.js';
import { type Launch, Runner, type RunnerOptions } from './runner.js';
import { type PlannedRun, type RunSpec, runId, stateId } from './runSpec.js';
import { RunStore } from './runStore.js';

let folder: string;
let store: RunStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-runner-'));
  store = new RunStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const cost = {
  startedAtMs: 0,
  wallSeconds: 1,
  machine: 'm',
  device: 'cpu',
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
};
const selection = {
  valid: { 'recall@10': 0, 'recall@20': 0.1, 'ndcg@10': 0, 'ndcg@20': 0 },
  epochs: 3,
  secondsPerEpoch: 1,
};

function planned(seed: number, more: Partial<RunSpec> = {}): PlannedRun {
  const spec: RunSpec = {
    kind: 'select',
    fingerprint: 'data',
    recipe: { model: 'bpr', options: {}, knowledge: 'none', rerank: 'none' },
    seed,
    training: defaultsOf('test', trainingOptions),
    rerankDepth: 50,
    rerankWeight: null,
    source: null,
    memoryFrom: null,
    encoders: null,
    codeVersion: 'code',
    ...more,
  };
  return {
    spec,
    label: `run ${seed}`,
    place: {
      data: 'd',
      loading: defaultsOf('test', loadingOptions),
      encoders: builtInEncoders,
      memory: null,
      reach: {},
    },
  };
}

/** Processes that end when told to, or at once where nobody tells. */
function stage(decide: (run: PlannedRun) => 'finish' | 'fail' | 'hang' = () => 'finish') {
  const started: PlannedRun[] = [];
  const stopped: PlannedRun[] = [];
  let [now, most] = [0, 0];
  const ends = new Map<PlannedRun, () => void>();
  const launch: Launch = (run) => {
    started.push(run);
    now++;
    most = Math.max(most, now);
    let end = (_code: number) => {};
    const ended = new Promise<{ code: number; error: string }>((resolve) => {
      end = (code) => {
        now--;
        if (code === 0) store.finish(run, { cost, record: null, selection, knowledge: null });
        if (code === 0 && run.spec.kind === 'knowledge') touch(store.memoryOf(run));
        resolve({ code, error: code === 0 ? '' : 'it broke' });
      };
    });
    ends.set(run, () => end(0));
    const what = decide(run);
    if (what !== 'hang') setTimeout(() => end(what === 'finish' ? 0 : 1), 1);
    return {
      ended,
      stop() {
        stopped.push(run);
        end(130);
      },
    };
  };
  return { launch, started, stopped, most: () => most };
}

function touch(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}

function runner(launch: Launch, more: Partial<RunnerOptions> = {}): Runner {
  const size = { users: 10, items: 10, trainInteractions: 50, featureWidth: 0, callsOf: () => 0 };
  const signal = new AbortController().signal;
  return new Runner({ store, launch, size, parallel: 2, memoryBytes: 2 ** 40, log: silentLog, signal, ...more });
}

describe('addresses', () => {
  test('everything that decides a result is in them, and the place is not', () => {
    const base = planned(1);
    expect(runId({ ...base, place: { ...base.place, data: 'elsewhere' }, label: 'other' } as PlannedRun)).toBe(
      runId(base),
    );
    const changes: Partial<RunSpec>[] = [
      { kind: 'train' },
      { fingerprint: 'other' },
      { seed: 2 },
      { codeVersion: 'other' },
      { memoryFrom: 'm' },
      { rerankDepth: 60 },
      { training: { ...base.spec.training, epochs: 7 } },
      { recipe: { model: 'bpr', options: { l2: 1 }, knowledge: 'none', rerank: 'none' } },
    ];
    const ids = changes.map((change) => runId({ spec: { ...base.spec, ...change } }));
    expect(new Set([runId(base), ...ids]).size).toBe(changes.length + 1);
  });

  test('selection, more epochs and the final run of one training share a state; another learning rate does not', () => {
    const base = planned(1);
    const same = [
      { ...base.spec, kind: 'train' as const },
      { ...base.spec, training: { ...base.spec.training, epochs: 7, patience: 3 } },
    ];
    for (const spec of same) expect(stateId({ spec })).toBe(stateId(base));
    expect(stateId({ spec: { ...base.spec, training: { ...base.spec.training, learningRate: 0.5 } } })).not.toBe(
      stateId(base),
    );
  });
});

describe('runner', () => {
  test('does every run once, and nothing again the next time', async () => {
    const first = stage();
    const outcomes = await runner(first.launch).runAll([planned(1), planned(2), planned(1)]);
    expect(first.started.map(({ spec }) => spec.seed)).toEqual([1, 2]);
    expect(outcomes.get(runId(planned(2)))).toMatchObject({ status: 'finished', reused: false, selection });
    const second = stage();
    const again = await runner(second.launch).runAll([planned(1), planned(2), planned(3)]);
    expect(second.started.map(({ spec }) => spec.seed)).toEqual([3]);
    expect(again.get(runId(planned(1)))).toMatchObject({ status: 'finished', reused: true });
  });

  test('a failed run is kept with its reason, stops no other, and is tried again by the next call', async () => {
    const first = stage(({ spec }) => (spec.seed === 1 ? 'fail' : 'finish'));
    const outcomes = await runner(first.launch).runAll([planned(1), planned(2)]);
    expect(outcomes.get(runId(planned(1)))).toEqual({ status: 'failed', reason: 'it broke' });
    expect(outcomes.get(runId(planned(2)))).toMatchObject({ status: 'finished' });
    expect(existsSync(join(store.folderOf(planned(1)), 'failure.json'))).toBe(true);
    const second = stage();
    await runner(second.launch).runAll([planned(1), planned(2)]);
    expect(second.started.map(({ spec }) => spec.seed)).toEqual([1]);
    expect(existsSync(join(store.folderOf(planned(1)), 'failure.json'))).toBe(false);
  });

  test('a process that ends well without a result is a failure', async () => {
    const launch: Launch = () => ({ ended: Promise.resolve({ code: 0, error: '' }), stop() {} });
    const outcomes = await runner(launch).runAll([planned(1)]);
    expect(outcomes.get(runId(planned(1)))).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('no result'),
    });
  });

  test('as many at a time as asked, fewer where memory is short, one always', async () => {
    const runs = [1, 2, 3, 4].map((seed) => planned(seed));
    const wide = stage();
    await runner(wide.launch, { parallel: 3 }).runAll(runs);
    expect(wide.most()).toBe(3);
    rmSync(store.root, { recursive: true });
    const narrow = stage();
    await runner(narrow.launch, { parallel: 3, memoryBytes: 1 }).runAll(runs);
    expect(narrow.most()).toBe(1);
    expect(narrow.started).toHaveLength(4);
  });

  test('a run begins when the memory it needs is there, and not at all when that failed', async () => {
    const knowledge = planned(0, { kind: 'knowledge', recipe: null });
    const dependent = planned(1, { memoryFrom: stateId(knowledge) });
    const good = stage();
    await runner(good.launch).runAll([dependent, knowledge]);
    expect(good.started.map(({ spec }) => spec.kind)).toEqual(['knowledge', 'select']);
    const other = planned(5, { kind: 'knowledge', recipe: null, fingerprint: 'other' });
    const orphan = planned(6, { memoryFrom: stateId(other) });
    const bad = stage(() => 'fail');
    const outcomes = await runner(bad.launch).runAll([other, orphan, planned(7)]);
    expect(outcomes.get(runId(orphan))).toMatchObject({ status: 'failed', reason: expect.stringContaining('memory') });
    expect(bad.started.map(({ spec }) => spec.seed)).toEqual([5, 7]);
  });

  test('knowledge that was deleted is made again only for a run that needs it', async () => {
    const knowledge = planned(0, { kind: 'knowledge', recipe: null });
    const dependent = planned(1, { memoryFrom: stateId(knowledge) });
    await runner(stage().launch).runAll([knowledge, dependent]);
    rmSync(store.memoryOf(knowledge));
    const idle = stage();
    await runner(idle.launch).runAll([knowledge, dependent]);
    expect(idle.started).toEqual([]);
    const needed = stage();
    await runner(needed.launch).runAll([knowledge, dependent, planned(2, { memoryFrom: stateId(knowledge) })]);
    expect(needed.started.map(({ spec }) => spec.kind)).toEqual(['knowledge', 'select']);
  });

  test('a chain of memories that was deleted is made again from its beginning', async () => {
    const knowledge = planned(0, { kind: 'knowledge', recipe: null });
    const first = planned(1, { memoryFrom: stateId(knowledge) });
    const second = planned(2, { memoryFrom: stateId(first) });
    const third = planned(3, { memoryFrom: stateId(second) });
    const all = [third, second, first, knowledge];
    const stages = stage();
    const launch: Launch = (run, ...more) => {
      touch(store.memoryOf(run));
      return stages.launch(run, ...more);
    };
    await runner(launch).runAll(all);
    rmSync(join(folder, 'experiments', 'states'), { recursive: true });
    rmSync(store.folderOf(third), { recursive: true });
    const outcomes = await runner(launch).runAll(all);
    expect(stages.started.slice(4).map(({ label }) => label)).toEqual(['run 0', 'run 1', 'run 2', 'run 3']);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(Array(4).fill('finished'));
  });

  test('a stop reaches those that run, and the next call goes on with them', async () => {
    const controller = new AbortController();
    const hanging = stage(({ spec }) => (spec.seed === 2 ? 'hang' : 'finish'));
    const running = runner(hanging.launch, { signal: controller.signal, parallel: 1 }).runAll([
      planned(1),
      planned(2),
      planned(3),
    ]);
    setTimeout(() => controller.abort(), 20);
    await expect(running).rejects.toMatchObject({ kind: 'interrupted' });
    expect(hanging.stopped.map(({ spec }) => spec.seed)).toEqual([2]);
    const second = stage();
    await runner(second.launch).runAll([planned(1), planned(2), planned(3)]);
    expect(second.started.map(({ spec }) => spec.seed)).toEqual([2, 3]);
  });

  test('forecasts come from earlier runs of the model on the data', async () => {
    const entry = {
      fingerprint: 'data',
      model: 'bpr',
      kind: 'select',
      epochs: 10,
      secondsPerEpoch: 2,
      wallSeconds: 30,
      peakRssBytes: 5,
    };
    store.remember(entry);
    store.remember({ ...entry, wallSeconds: 50 });
    store.remember({ ...entry, fingerprint: 'other', wallSeconds: 9000 });
    const one = runner(stage(() => 'hang').launch, { parallel: 1 });
    one.announce([planned(1)]);
    expect(one.secondsLeft()).toBe(40);
    // A run of at most five epochs saves five of ten.
    one.announce([planned(2, { training: { ...planned(2).spec.training, epochs: 5 } })]);
    expect(one.secondsLeft()).toBe(30);
  });

  test('a run that outlasts its forecast is not about to end: without an epoch by now, each that must come takes as long', async () => {
    const entry = { ...{ fingerprint: 'data', model: 'bpr', kind: 'select', epochs: 10 }, secondsPerEpoch: 2 };
    store.remember({ ...entry, wallSeconds: 30, peakRssBytes: 5 });
    const controller = new AbortController();
    let now = 0;
    const one = runner(stage(() => 'hang').launch, { now: () => now, signal: controller.signal });
    const training = { ...planned(1).spec.training, epochs: 100, patience: 9 };
    const all = one.runAll([planned(1, { training })]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now = 20_000;
    expect(one.secondsLeft()).toBe(10);
    now = 60_000;
    expect(one.secondsLeft()).toBe(600);
    controller.abort();
    await expect(all).rejects.toThrow('go on');
  });

  test('a language model is forecast by its calls, and not by how long another reasoner took', () => {
    const source = { reasoner: 'extractive', llmModel: null } as RunSpec['source'];
    const quick = planned(1, { kind: 'knowledge', recipe: null, source });
    const slow = {
      ...quick,
      spec: { ...quick.spec, source: { ...source, reasoner: 'ollama', llmModel: 'm' } },
    } as PlannedRun;
    expect([workOf(quick), workOf(slow), workOf(planned(1))]).toEqual(['knowledge', 'knowledge by ollama m', 'bpr']);
    const size = { users: 10, items: 10, trainInteractions: 50, featureWidth: 0, callsOf: () => 60 };
    const known = { ...{ fingerprint: 'data', kind: 'knowledge', epochs: 0, secondsPerEpoch: null }, peakRssBytes: 5 };
    const history = [{ ...known, model: 'knowledge', wallSeconds: 3 }];
    expect(forecastOf(quick, history, size).seconds).toBe(3);
    expect(forecastOf(slow, history, size)).toMatchObject({ basis: 'guessed', seconds: expect.closeTo(303.2) });
    const asked = [...history, { ...known, model: 'knowledge by ollama m', wallSeconds: 700 }];
    expect(forecastOf(slow, asked, size)).toMatchObject({ basis: 'measured', seconds: 700 });
  });
});
