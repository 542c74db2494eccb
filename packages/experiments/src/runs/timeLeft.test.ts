import { defaultsOf } from '@agentmmrec/core';
import { trainingOptions } from '@agentmmrec/training';
import { expect, test } from '@jest/globals';
import { forecastOf } from './forecast.js';
import type { PlannedRun } from './runSpec.js';
import type { HistoryEntry } from './runStore.js';
import { TimeLeft } from './timeLeft.js';

const size = { users: 10, items: 10, trainInteractions: 50, featureWidth: 0, callsOf: () => 0 };

function run(model: string, training: Partial<PlannedRun['spec']['training']> = {}): PlannedRun {
  const spec = {
    kind: 'train',
    fingerprint: 'data',
    recipe: { model, options: {}, knowledge: 'none', rerank: 'none' },
    training: { ...defaultsOf('test', trainingOptions), epochs: 100, patience: 10, ...training },
    source: null,
  };
  return { spec, label: model } as unknown as PlannedRun;
}

/** Ten epochs of 2 s and 10 s besides, unless said. */
function entry(model: string, more: Partial<HistoryEntry> = {}): HistoryEntry {
  const usual = { epochs: 10, plannedEpochs: 100, secondsPerEpoch: 2, wallSeconds: 30, peakRssBytes: 5 };
  return { ...{ fingerprint: 'data', model, kind: 'train' }, ...usual, ...more };
}

const at = (epoch: number, bestEpoch = epoch) => ({ epoch, bestEpoch, validRecall20: 0.1 });

test('under load a run is expected to train as many epochs as others, at the pace that it has now', () => {
  const left = new TimeLeft([entry('bpr', { epochs: 40, wallSeconds: 90 })], size);
  const one = left.begun(run('bpr'), 0);
  // Ten seconds of reading, then epochs that take 8 s, four times as long as before.
  for (let epoch = 0; epoch < 5; epoch++) left.progressed(one, at(epoch), 18_000 + 8000 * epoch);
  const seconds = left.seconds([one], [], 1, 50_000);
  // 35 further epochs of 8 s, not 90 s in all.
  expect(seconds).toBeGreaterThan(270);
  expect(seconds).toBeLessThan(290);
});

test('a run whose best epoch lies back is expected to end by its patience', () => {
  const left = new TimeLeft([entry('bpr', { epochs: 60, wallSeconds: 120, secondsPerEpoch: 2 })], size);
  const one = left.begun(run('bpr'), 0);
  const after = (epoch: number, best: number) => {
    left.progressed(one, at(epoch, best), 2000 * (epoch + 1));
    return left.seconds([one], [], 1, 2000 * (epoch + 1));
  };
  after(0, 0);
  const improving = after(20, 20);
  const stale = after(29, 20);
  expect(improving).toBeGreaterThan(60);
  expect(stale).toBeLessThan(12);
  expect(after(30, 20)).toBe(0);
});

test('what waits is expected to be as much slower as what has ended', () => {
  const left = new TimeLeft([entry('bpr'), entry('lightgcn', { wallSeconds: 100, secondsPerEpoch: 9 })], size);
  expect(left.seconds([], [run('lightgcn')], 1, 0)).toBe(100);
  const one = left.begun(run('bpr'), 0);
  for (let epoch = 0; epoch < 10; epoch++) left.progressed(one, at(epoch), 9000 * (epoch + 1));
  // While it is at work, its pace tells it already.
  expect(left.seconds([], [run('lightgcn')], 1, 90_000)).toBe(100);
  expect(left.forecast(run('lightgcn'), [one], 90_000).seconds).toBeGreaterThan(200);
  const history = [
    entry('bpr'),
    entry('lightgcn', { wallSeconds: 100, secondsPerEpoch: 9 }),
    entry('bpr', { wallSeconds: 90 }),
  ];
  left.ended(one, history, 90_000);
  expect(left.forecast(run('lightgcn')).seconds).toBeCloseTo(300);
  // A run of its own kind was measured since: it tells it without more.
  expect(left.forecast(run('bpr')).seconds).toBe(90);
});

test('a run that goes on from a checkpoint has the pace of its own epochs, and says nothing of whole runs', () => {
  const left = new TimeLeft([entry('bpr')], size);
  const one = left.begun(run('bpr', { epochs: 60 }), 0);
  left.progressed(one, at(40), 5000);
  // One message: at most 5 s an epoch, by no means 5 s for 41.
  expect(left.seconds([one], [], 1, 5000)).toBeCloseTo(50 + 10);
  left.progressed(one, at(41), 7000);
  expect(left.seconds([one], [], 1, 7000)).toBeCloseTo(20 + 7);
  left.ended(one, [entry('bpr'), entry('bpr', { epochs: 60, secondsPerEpoch: null, wallSeconds: 4 })], 9000);
  expect(left.forecast(run('bpr')).seconds).toBe(30);
});

test('no plan ends before its longest run', () => {
  const left = new TimeLeft([entry('bpr'), entry('lightgcn', { wallSeconds: 500, secondsPerEpoch: 9 })], size);
  expect(left.seconds([], [run('bpr'), run('lightgcn')], 8, 0)).toBe(500);
  expect(left.seconds([], [run('bpr'), run('bpr'), run('bpr')], 2, 0)).toBe(45);
});

test('runs that their last epoch ended do not say that longer ones end as soon', () => {
  const cut = entry('bpr', { epochs: 5, plannedEpochs: 5, wallSeconds: 20 });
  expect(forecastOf(run('bpr', { epochs: 5 }), [cut], size).seconds).toBe(20);
  expect(forecastOf(run('bpr', { epochs: 7 }), [cut], size)).toMatchObject({ seconds: 24, epochs: 7 });
  expect(forecastOf(run('bpr', { epochs: 1000 }), [cut], size)).toMatchObject({ seconds: 170, epochs: 80 });
  // One that ended by itself is asked before.
  expect(forecastOf(run('bpr', { epochs: 1000 }), [cut, entry('bpr')], size)).toMatchObject({
    seconds: 30,
    epochs: 10,
  });
});

test('of many earlier runs the last count', () => {
  const slow = Array.from({ length: 8 }, () => entry('bpr', { wallSeconds: 70 }));
  expect(forecastOf(run('bpr'), [entry('bpr'), entry('bpr'), ...slow], size).seconds).toBe(70);
});

test('rounds of feedback come before the first epoch: their length is not that of an epoch', () => {
  const left = new TimeLeft([entry('agentmmrec')], size);
  const bare = run('agentmmrec');
  const fed = { ...bare, spec: { ...bare.spec, recipe: { ...bare.spec.recipe, feedback: {} } } } as PlannedRun;
  expect(left.seconds([left.begun(fed, 0)], [], 1, 60_000)).toBe(60);
  expect(left.seconds([left.begun(bare, 0)], [], 1, 60_000)).toBe(660);
});
