import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultsOf } from '@agentmmrec/core';
import { loadingOptions } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import { trainingOptions } from '@agentmmrec/training';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FinishedRun } from './finishedRun.js';
import { type PlannedRun, runId } from './runSpec.js';
import { RunStore } from './runStore.js';

let folder: string;
let store: RunStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-store-'));
  store = new RunStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

function planned(seed: number): PlannedRun {
  const spec: PlannedRun['spec'] = {
    kind: 'select',
    fingerprint: 'data',
    recipe: { model: 'bpr', options: {}, knowledge: 'none', rerank: 'none' },
    seed,
    training: defaultsOf('test', trainingOptions),
    ...{ rerankDepth: 50, rerankWeight: null, source: null, memoryFrom: null, encoders: null, codeVersion: 'code' },
  };
  const loading = defaultsOf('test', loadingOptions);
  return {
    spec,
    label: `run ${seed}`,
    place: { data: 'd', loading, encoders: builtInEncoders, memory: null, reach: {} },
  };
}

const finished: FinishedRun = {
  cost: {
    ...{ startedAtMs: 0, wallSeconds: 1, machine: 'm', device: 'cpu', requests: 0, inputTokens: 0, outputTokens: 0 },
  },
  record: null,
  selection: {
    ...{ valid: { 'recall@10': 0, 'recall@20': 0.1, 'ndcg@10': 0, 'ndcg@20': 0 }, epochs: 3, secondsPerEpoch: 1 },
  },
  knowledge: null,
};

const file = (run: PlannedRun, name: string) => join(store.folderOf(run), name);

describe('a result', () => {
  const damages: readonly [string, (text: string) => string][] = [
    ['another number', (text) => text.replace('0.1', '0.9')],
    ['half of it', (text) => text.slice(0, text.length / 2)],
    ['nothing', () => ''],
    ['something else', () => 'null'],
  ];
  test.each(damages)('with %s counts as absent, and is made again', (_, damage) => {
    const run = planned(1);
    store.finish(run, finished);
    expect(store.finished(run)).toEqual(finished);
    writeFileSync(file(run, 'result.json'), damage(readFileSync(file(run, 'result.json'), 'utf8')));
    expect(store.finished(run)).toBeNull();
    store.finish(run, finished);
    expect(store.finished(run)).toEqual(finished);
  });

  test('in the place of another counts as absent', () => {
    const [one, other] = [planned(1), planned(2)];
    store.finish(one, finished);
    store.finish(other, finished);
    writeFileSync(file(other, 'result.json'), readFileSync(file(one, 'result.json')));
    expect([store.finished(one), store.finished(other)]).toEqual([finished, null]);
  });
});

test('what was asked is refused when it is not as it was written, and its experiment writes it anew', () => {
  const run = planned(1);
  store.ask(run);
  expect(store.asked(runId(run))).toEqual(run);
  const path = file(run, 'run.json');
  const whole = readFileSync(path, 'utf8');
  for (const text of [whole.replace('"data": "d"', '"data": "e"'), whole.replace('"seed": 1', '"seed": 3'), '{}', '']) {
    writeFileSync(path, text);
    expect(() => store.asked(runId(run))).toThrow('got a file that is not as it was written');
  }
  store.ask(run);
  expect(store.asked(runId(run))).toEqual(run);
});

test('a reason of failure that is damaged is none', () => {
  const run = planned(1);
  store.fail(run, { reason: 'no room' });
  expect(store.failed(run)).toEqual({ reason: 'no room' });
  for (const text of ['{', 'null', '{"reason": 7}']) {
    writeFileSync(file(run, 'failure.json'), text);
    expect(store.failed(run)).toBeNull();
  }
});

test('lines that are no entries are left out of the history', () => {
  const entry = {
    ...{ fingerprint: 'data', model: 'bpr', kind: 'train', epochs: 3, secondsPerEpoch: 1, wallSeconds: 4 },
    peakRssBytes: 5,
  };
  store.remember(entry);
  const path = join(store.root, 'history.jsonl');
  writeFileSync(path, `null\n7\n{"fingerprint": "data"}\n${readFileSync(path, 'utf8')}{"fing`);
  expect(store.history()).toEqual([entry]);
});
