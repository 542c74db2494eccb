import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Checkpoint, checkPosition, readCheckpoint, readCheckpointFacts, writeCheckpoint } from './checkpoint.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const checkpoint: Checkpoint = {
  identity: {
    model: 'lightgcn',
    options: { layers: 2, norm: 'symmetric' },
    data: 'baby',
    fingerprint: 'f00d',
    knowledge: null,
    reasoner: null,
    seed: 1,
    batchSize: 2048,
    learningRate: 0.001,
    feedback: null,
  },
  device: 'cpu',
  position: { epoch: 3, stage: 'steps', step: 7, lossSum: 0.1 + 0.2 },
  history: [
    {
      epoch: 2,
      loss: 1 / 3,
      validation: { 'recall@10': 0.1, 'recall@20': 0.2, 'ndcg@10': 1e-17, 'ndcg@20': 0 },
    },
  ],
  feedbackReports: [{ period: 0, report: { helped: 4 } }],
  bestEpoch: 2,
  optimizerSteps: [99],
  parameters: { embedding: Float32Array.of(1, -0, 1.1754943508222875e-38, 1e-45), bias: new Float32Array(0) },
  optimizer: { 'embedding.m': Float32Array.of(5), 'embedding.v': Float32Array.of(6) },
  state: {},
  bestParameters: { embedding: Float32Array.of(3.4028234663852886e38), bias: Float32Array.of(-1) },
  bestState: { knowledge: Float32Array.of(0.25) },
};

describe('a checkpoint file', () => {
  test('gives back every bit', () => {
    const path = join(folder, 'deep', 'run.checkpoint');
    writeCheckpoint(path, checkpoint);
    expect(readCheckpoint(path)).toEqual(checkpoint);
    expect(Object.is(readCheckpoint(path).parameters.embedding[1], -0)).toBe(true);
  });

  test('equal states write equal bytes', () => {
    const paths = ['a', 'b'].map((name) => join(folder, name));
    for (const path of paths) writeCheckpoint(path, checkpoint);
    expect(readFileSync(paths[0]).equals(readFileSync(paths[1]))).toBe(true);
  });

  test('damage anywhere is an error of one sentence', () => {
    const path = join(folder, 'run.checkpoint');
    writeCheckpoint(path, checkpoint);
    const good = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(good);
        bytes[at] ^= change;
        writeFileSync(path, bytes);
        expect(() => readCheckpoint(path)).toThrow(/^checkpoint .*: got .*, expected .*\. HINT: /);
      }),
    );
  });

  test('cut short or lengthened is refused', () => {
    const path = join(folder, 'run.checkpoint');
    writeCheckpoint(path, checkpoint);
    const good = readFileSync(path);
    for (const share of [0.1, 0.5, 0.9, 0.999]) {
      writeFileSync(path, good.subarray(0, Math.floor(share * good.length)));
      expect(() => readCheckpoint(path)).toThrow('content that does not match its digest');
    }
    writeFileSync(path, Buffer.concat([good, Buffer.alloc(4)]));
    expect(() => readCheckpoint(path)).toThrow('damaged or cut short');
    writeFileSync(path, '');
    expect(() => readCheckpoint(path)).toThrow('got 0 bytes of something else, expected a checkpoint');
  });

  test.each<[string, (header: { run: object; arrays: object[] }) => unknown, RegExp]>([
    [
      'a group __proto__',
      ({ run, arrays }) => ({ run, arrays: [{ ...arrays[0], group: '__proto__' }] }),
      /an array named/,
    ],
    [
      'an array constructor',
      ({ run, arrays }) => ({ run, arrays: [{ ...arrays[0], name: 'constructor' }] }),
      /an array named/,
    ],
    ['a key constructor', (header) => ({ ...header, ...JSON.parse('{"constructor": 1}') }), /the name "constructor"/],
    [
      'arrays longer than the file',
      ({ run, arrays }) => ({ run, arrays: [...arrays, { group: 'state', name: 'x', length: 9 }] }),
      /arrays of \d+ bytes, while/,
    ],
    [
      'arrays shorter than the file',
      ({ run, arrays }) => ({ run, arrays: arrays.slice(1) }),
      /arrays of \d+ bytes, while/,
    ],
    ['an array twice', ({ run, arrays }) => ({ run, arrays: [arrays[0], arrays[0]] }), /twice/],
    ['a negative length', ({ run, arrays }) => ({ run, arrays: [{ ...arrays[0], length: -4 }] }), /no length/],
    ['no run', ({ arrays }) => ({ arrays }), /without the parts of a run/],
    ['a list', () => [], /without the parts of a run/],
    [
      'a model that is no text',
      ({ run, arrays }) => ({ run: { ...run, identity: { ...checkpoint.identity, model: { toString: 1 } } }, arrays }),
      /run\.identity\.model is missing or of another kind/,
    ],
    [
      'reports without a period',
      ({ run, arrays }) => ({ run: { ...run, feedbackReports: [[]] }, arrays }),
      /run\.feedbackReports\[0\] is missing/,
    ],
    [
      'an epoch below zero',
      ({ run, arrays }) => ({ run: { ...run, position: { ...checkpoint.position, epoch: -1 } }, arrays }),
      /run\.position\.epoch is missing/,
    ],
  ])('with a right digest and %s is refused', (_, change, message) => {
    const path = join(folder, 'run.checkpoint');
    writeCheckpoint(path, checkpoint);
    const good = readFileSync(path);
    const end = 16 + good.readUInt32LE(12);
    const header = Buffer.from(JSON.stringify(change(JSON.parse(good.toString('utf8', 16, end)))));
    const prefix = Buffer.from(good.subarray(0, 16));
    prefix.writeUInt32LE(header.length, 12);
    const content = Buffer.concat([prefix, header, good.subarray(end, -32)]);
    writeFileSync(path, Buffer.concat([content, createHash('sha256').update(content).digest()]));
    expect(() => readCheckpoint(path)).toThrow(message);
    expect(Object.hasOwn(Object.prototype, 'embedding')).toBe(false);
  });

  test('other files and other versions are named', () => {
    const path = join(folder, 'run.checkpoint');
    writeFileSync(path, 'userID\titemID\tx_label\n0\t1\t0\n0\t2\t0\n0\t3\t0\n0\t4\t1\n');
    expect(() => readCheckpoint(path)).toThrow('bytes of something else, expected a checkpoint');
    writeCheckpoint(path, checkpoint);
    const bytes = readFileSync(path);
    bytes.writeUInt32LE(99, 8);
    writeFileSync(path, bytes);
    expect(() => readCheckpoint(path)).toThrow('got checkpoint version 99, expected version 2');
    expect(() => readCheckpoint(join(folder, 'absent'))).toThrow('got no such file or folder');
    expect(() => readCheckpoint(folder)).toThrow('got a folder, expected a file');
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('values of %d are refused: lists by them say nothing', (value) => {
  const path = join(folder, 'run.checkpoint');
  writeCheckpoint(path, { ...checkpoint, bestParameters: { embedding: Float32Array.of(1, value) } });
  expect(() => readCheckpoint(path)).toThrow('values of bestParameters.embedding that are no numbers');
});

test('a run goes on only from a place that follows from its epochs', () => {
  const validation = { 'recall@10': 0, 'recall@20': 0, 'ndcg@10': 0, 'ndcg@20': 0 };
  const history = [0, 1].map((epoch) => ({ epoch, loss: 1, validation: epoch === 0 ? validation : null }));
  const at = { ...checkpoint, history, bestEpoch: 0, position: { ...checkpoint.position, epoch: 2 } };
  expect(() => checkPosition('p', at)).not.toThrow();
  expect(() => checkPosition('p', { ...at, position: { ...at.position, epoch: 1, stage: 'feedback' } })).not.toThrow();
  for (const change of [
    { bestEpoch: 9 },
    { bestEpoch: 1 },
    { history: [] },
    { history: [history[1], history[0]] },
    { position: { ...at.position, epoch: 99 } },
  ]) {
    expect(() => checkPosition('p', { ...at, ...change })).toThrow('a place that follows from the epochs before it');
  }
});

test('what a checkpoint says of its run is read without the arrays; what is no checkpoint says nothing', () => {
  const path = join(folder, 'run.amr');
  expect(readCheckpointFacts(path)).toBeNull();
  writeCheckpoint(path, checkpoint);
  const { parameters: _, optimizer: __, state: ___, bestParameters: ____, bestState: _____, ...facts } = checkpoint;
  expect(readCheckpointFacts(path)).toEqual(facts);
  const bytes = readFileSync(path);
  for (const length of [0, 7, 15, 40]) {
    writeFileSync(path, bytes.subarray(0, length));
    expect(readCheckpointFacts(path)).toBeNull();
  }
  writeFileSync(
    path,
    Buffer.concat([bytes.subarray(0, 12), Buffer.from([0xff, 0xff, 0xff, 0xff]), bytes.subarray(16)]),
  );
  expect(readCheckpointFacts(path)).toBeNull();
});
