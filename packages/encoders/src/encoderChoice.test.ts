/**
 * @jest-environment ./packages/encoders/fixtures/hostArraysEnvironment.cjs
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { matrixRow } from '@agentmmrec/core';
import { afterAll, expect, test } from '@jest/globals';
import { builtInEncoders, chooseEncoders, encodersDigest, openEncoders, usesModels } from './encoderChoice.js';

const fixtures = join(process.cwd(), 'packages/encoders/fixtures');
const workspace = mkdtempSync(join(tmpdir(), 'encoder-choice-'));
const auto = { textModel: 'auto', imageModel: 'auto' };
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

test('without models in the workspace nothing but hashing and pixels encodes', async () => {
  expect(chooseEncoders(auto, workspace)).toEqual(builtInEncoders);
  expect(usesModels(builtInEncoders)).toBe(false);
  const { text, image } = await openEncoders(builtInEncoders);
  expect([text.id, image.id]).toEqual(['hashing', 'pixels']);
});

test('models that lie in the workspace are found, each as what it is, and can be left aside', async () => {
  mkdirSync(join(workspace, 'models'));
  cpSync(join(fixtures, 'text'), join(workspace, 'models/sentences'), { recursive: true });
  cpSync(join(fixtures, 'clip'), join(workspace, 'models/pictures'), { recursive: true });
  const found = chooseEncoders(auto, workspace);
  expect(found).toEqual({
    textModel: resolve(workspace, 'models/sentences'),
    imageModel: resolve(workspace, 'models/pictures'),
  });
  expect(chooseEncoders({ textModel: 'sentences', imageModel: 'pictures' }, workspace)).toEqual(found);
  expect(chooseEncoders(builtInEncoders, workspace)).toEqual(builtInEncoders);
  const encoders = await openEncoders(found, { threads: 1 });
  expect(encoders.text.id).toBe('sentences');
  const { matrix: rows, failed } = await encoders.image.encode([join(fixtures, 'images/wide.png')]);
  expect([rows.rows, failed]).toEqual([1, []]);
  const digests = [encoders, await openEncoders(builtInEncoders)].map(encodersDigest);
  expect(new Set(digests).size).toBe(2);
});

test('a model that is asked for and not there is an error, not hashing', async () => {
  const wanted = chooseEncoders({ textModel: 'not-there', imageModel: 'pixels' }, workspace);
  expect(wanted.textModel).toBe('not-there');
  await expect(openEncoders(wanted)).rejects.toThrow('no such file');
});

const real = fileURLToPath(new URL('../../../../shared/models/all-MiniLM-L6-v2', import.meta.url));
const title = 'a real sentence encoder tells things apart by what they are';
(existsSync(real) ? test : test.skip)(
  existsSync(real) ? title : `${title} (skipped: ../shared/models/all-MiniLM-L6-v2 is not there)`,
  async () => {
    const { text } = await openEncoders({ textModel: real, imageModel: 'pixels' }, { threads: 1 });
    const rows = await text.encode(['boots', 'trail shoes', 'mug']);
    const cosine = (a: number, b: number) =>
      matrixRow(rows, a).reduce((sum, value, n) => sum + value * matrixRow(rows, b)[n], 0);
    expect(cosine(0, 1)).toBeCloseTo(0.611, 2);
    expect(cosine(0, 2)).toBeCloseTo(0.336, 2);
  },
);
