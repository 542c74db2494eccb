import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInEncoders } from '@agentmmrec/encoders';
import { writeCheckpoint } from '@agentmmrec/training';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRunManifest, writeRunManifest } from './runManifest.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-manifest-'));
  execFileSync('mkfifo', [join(folder, 'pipe.amr')]);
  writeFileSync(join(folder, 'alone.amr'), 'x');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['pipe.amr', /got a pipe, expected the file of a run.*HINT: name the file where train wrote it/],
  ['', /got a folder, expected the file of a run.*HINT: name the file in it, such as .*checkpoint\.amr/],
  ['alone.amr', /got no manifest of a run/],
  ['absent.amr', /got no such file/],
])('%j is no checkpoint of a run, and why is said', (name, sentence) => {
  expect(() => readRunManifest(join(folder, name))).toThrow(sentence);
});

/** A run of that seed: its checkpoint and its manifest. */
function run(name: string, seed: number): { readonly checkpoint: string; readonly manifest: string } {
  const checkpoint = join(folder, `${name}.amr`);
  const identity = { model: 'bpr', options: {}, data: 'shop', fingerprint: 'f', seed, batchSize: 8 };
  writeCheckpoint(checkpoint, {
    identity: { ...identity, knowledge: null, reasoner: null, learningRate: 0.001, feedback: null },
    ...{ device: 'cpu', position: { epoch: 0, stage: 'steps', step: 0, lossSum: 0 }, history: [], feedbackReports: [] },
    ...{ bestEpoch: null, optimizerSteps: [0], parameters: {}, optimizer: {}, state: {} },
    ...{ bestParameters: {}, bestState: {} },
  });
  writeRunManifest(checkpoint, {
    recipe: { label: 'BPR', model: 'bpr', options: {}, knowledge: 'none', rerank: 'none' },
    ...{ data: 'shop', fingerprint: 'f', seed, knowledge: null, encoders: builtInEncoders, startedAtMs: 1 },
    result: { valid: { 'recall@20': 0.125 } },
  });
  return { checkpoint, manifest: join(folder, `${name}.run.json`) };
}

test('a manifest is believed as it was written, beside its own checkpoint, and one of an earlier release too', () => {
  const { checkpoint, manifest } = run('one', 1);
  const other = run('other', 2);
  const whole = readFileSync(manifest, 'utf8');
  expect(readRunManifest(checkpoint).result).toEqual({ valid: { 'recall@20': 0.125 } });
  writeFileSync(manifest, whole.replace('0.125', '0.625'));
  expect(() => readRunManifest(checkpoint)).toThrow('got a manifest that is not as it was written');
  writeFileSync(manifest, whole.replace(/,\s*"digest": "\w+"/, ''));
  expect(() => readRunManifest(checkpoint)).toThrow('got no manifest of a run');
  cpSync(other.manifest, manifest);
  expect(() => readRunManifest(checkpoint)).toThrow('the manifest of another run than the checkpoint beside it');
  const { digest: _, checkpoint: __, ...earlier } = JSON.parse(whole) as Record<string, unknown>;
  writeFileSync(manifest, JSON.stringify({ ...earlier, format: 'agentmmrec-run/2' }));
  expect(readRunManifest(checkpoint).seed).toBe(1);
});
