import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultsOf } from '@agentmmrec/core';
import { loadingOptions } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import { trainingOptions } from '@agentmmrec/training';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FinishedRun } from './finishedRun.js';
import { KeptRuns } from './keptRuns.js';
import { FinishedRuns } from './runner.js';
import { type PlannedRun, type RunSpec, runId } from './runSpec.js';
import { RunStore } from './runStore.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kept = () => join(folder, 'kept');
const store = (workspace: string) => new RunStore(join(folder, workspace), new KeptRuns(kept(), 'data'));

const finished: FinishedRun = {
  cost: {
    startedAtMs: 0,
    wallSeconds: 1,
    machine: 'm',
    device: 'cpu',
    requests: 0,
    inputTokens: 0,
    outputTokens: 0,
  },
  record: null,
  selection: {
    valid: { 'recall@10': 0, 'recall@20': 0.1, 'ndcg@10': 0, 'ndcg@20': 0 },
    epochs: 3,
    secondsPerEpoch: 1,
  },
  knowledge: null,
};

function planned(more: Partial<RunSpec> = {}, options: Readonly<Record<string, unknown>> = {}): PlannedRun {
  const spec: RunSpec = {
    kind: 'select',
    fingerprint: 'data',
    recipe: { model: 'lightgcn', options, knowledge: 'none', rerank: 'none' },
    seed: 1,
    training: defaultsOf('test', trainingOptions),
    rerankDepth: 50,
    rerankWeight: null,
    source: null,
    memoryFrom: null,
    encoders: null,
    codeVersion: 'code',
    ...more,
  };
  const place = {
    data: 'd',
    loading: defaultsOf('test', loadingOptions),
    memory: null,
    encoders: builtInEncoders,
    reach: {},
  };
  return { spec, label: 'LightGCN, seed 1', place };
}

/** A finished run of one workspace, kept. */
function keepOne(run = planned()): void {
  const first = store('first');
  first.finish(run, finished);
  expect(first.finished(run)).toEqual(finished);
}

/** Makes the only kept file one of an earlier release, and changes what it holds. */
function edit(change: (file: Record<string, unknown>) => Record<string, unknown>): void {
  const path = join(kept(), readdirSync(kept())[0]);
  const { digest: _, ...file } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(change({ ...file, format: 'agentmmrec-run/1' })));
}

describe('kept runs', () => {
  test('stand for the same run in another workspace, whatever the version of the code, which they name', () => {
    keepOne();
    const later = store('second').finished(planned({ codeVersion: 'later' }));
    expect(later).toEqual({ ...finished, codeVersion: 'code' });
    expect(new RunStore(join(folder, 'second')).finished(planned())).toBeNull();
    edit(({ spec, ...file }) => {
      const { encoders: _, ...before } = spec as Record<string, unknown>;
      return { ...file, spec: before };
    });
    expect(store('third').finished(planned())).not.toBeNull();
    expect(store('third').finished(planned({ encoders: 'e' }))).toBeNull();
  });

  test('do not stand for another seed, training or option, and do for an option spelled out', () => {
    keepOne();
    const second = store('second');
    expect(second.finished(planned({ seed: 2 }))).toBeNull();
    expect(second.finished(planned({ training: { ...planned().spec.training, epochs: 7 } }))).toBeNull();
    expect(second.finished(planned({}, { layers: 5 }))).toBeNull();
    expect(second.finished(planned({}, { preset: 'source' }))).toBeNull();
    expect(second.finished(planned({}, { layers: 2 }))).not.toBeNull();
  });

  test('of before an option came stand for its default alone, and not where a default changed', () => {
    keepOne();
    edit(({ options, ...file }) => {
      const { layers: _, ...others } = options as Record<string, unknown>;
      return { ...file, options: others };
    });
    expect(store('second').finished(planned())).not.toBeNull();
    expect(store('second').finished(planned({}, { layers: 5 }))).toBeNull();
    edit(({ options, ...file }) => ({ ...file, options: { ...(options as object), l2: 0.5 } }));
    expect(store('second').finished(planned())).toBeNull();
  });

  test('of before an option of training came stand for those that do not give it', () => {
    keepOne();
    edit(({ spec, ...file }) => {
      const { optimizer: _, ...training } = (spec as RunSpec).training;
      return { ...file, spec: { ...(spec as RunSpec), training } };
    });
    expect(store('second').finished(planned())).not.toBeNull();
    const lazy = planned({ training: { ...planned().spec.training, optimizer: 'lazy-adam' } });
    expect(store('second').finished(lazy)).toBeNull();
  });

  test('are written once, without where the data lie', () => {
    keepOne();
    keepOne();
    expect(readdirSync(kept())).toHaveLength(1);
    expect(readFileSync(join(kept(), readdirSync(kept())[0]), 'utf8')).not.toContain('"place"');
  });

  test('that are not as they were written are refused, and so are those whose digest was taken out', () => {
    keepOne();
    const path = join(kept(), readdirSync(kept())[0]);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.replace('"recall@20": 0.1', '"recall@20": 0.9'));
    expect(() => new KeptRuns(kept(), 'data')).toThrow('got a file that is not as it was written');
    writeFileSync(path, whole.replace(/,\s*"digest": "\w+"/, ''));
    expect(() => new KeptRuns(kept(), 'data')).toThrow('got format agentmmrec-kept-run/2');
  });

  test('of other data, and other files, are refused with their name', () => {
    keepOne();
    expect(() => new KeptRuns(kept(), 'other')).toThrow('a run on data with fingerprint data');
    edit((file) => ({ ...file, format: 'agentmmrec-run/0' }));
    expect(() => new KeptRuns(kept(), 'data')).toThrow('got format agentmmrec-run/0');
    writeFileSync(join(kept(), 'notes.json'), '{');
    rmSync(join(kept(), readdirSync(kept()).find((name) => name !== 'notes.json') ?? ''));
    expect(() => new KeptRuns(kept(), 'data')).toThrow('notes.json: got no kept run');
  });

  test('a table as it stands has what is finished and nothing else', async () => {
    keepOne();
    const outcomes = await new FinishedRuns(store('second')).runAll([planned(), planned({ seed: 2 })]);
    expect([...outcomes.keys()]).toEqual([runId(planned())]);
    expect(outcomes.get(runId(planned()))).toMatchObject({ status: 'finished', reused: true, codeVersion: 'code' });
  });
});
