/**
 * @jest-environment ./packages/encoders/fixtures/hostArraysEnvironment.cjs
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matrixRow } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { onnxImageEncoder } from './onnxImageEncoder.js';
import { onnxTextEncoder } from './onnxTextEncoder.js';
import { preprocessImage, readPreprocessing } from './preprocessImage.js';
import { readWordPiece } from './wordPiece.js';

const fixtures = join(process.cwd(), 'packages/encoders/fixtures');
const textFolder = join(fixtures, 'text');
const imageFile = join(fixtures, 'image/model.onnx');
const folder = mkdtempSync(join(tmpdir(), 'encoders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface TextCase {
  readonly text: string;
  readonly ids: readonly number[];
  readonly vector: readonly number[];
}
const { cases } = JSON.parse(readFileSync(join(textFolder, 'expected.json'), 'utf8')) as { cases: TextCase[] };
const image = JSON.parse(readFileSync(join(fixtures, 'image/expected.json'), 'utf8')) as {
  pixels: number[];
  vector: number[];
};

/** Largest difference of two vectors. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, n) => Math.abs(value - b[n])));
}

describe('text', () => {
  test.each(cases.map(({ text, ids }) => [text.slice(0, 40), text, ids] as const))('pieces of %j', (_, text, ids) => {
    expect(readWordPiece(join(textFolder, 'tokenizer.json')).encode(text, 256)).toEqual(ids);
  });

  test('vectors equal those of the Python model', async () => {
    const encoder = await onnxTextEncoder(textFolder, { threads: 1, batch: 4 });
    const rows = await encoder.encode(cases.map(({ text }) => text));
    cases.forEach(({ text, vector }, n) => {
      // A text without words has no direction: zero, as with every text encoder here.
      const expected = text.trim() === '' ? vector.map(() => 0) : vector;
      expect(distance(matrixRow(rows, n), expected)).toBeLessThan(2e-6);
    });
  });

  test('a vector does not depend on the batch, and equal texts share one', async () => {
    const [one, many] = [
      await onnxTextEncoder(textFolder, { batch: 1 }),
      await onnxTextEncoder(textFolder, { batch: 8 }),
    ];
    const texts = ['mug', 'blue', 'mug', 'coffee mug', 'blue mug'];
    const rows = await many.encode(texts);
    for (const [n, text] of texts.entries()) {
      expect(distance(matrixRow(rows, n), matrixRow(await one.encode([text]), 0))).toBeLessThan(1e-6);
    }
    expect(many.digest).toBe(one.digest);
  });

  test('files that are missing or of another kind', async () => {
    await expect(onnxTextEncoder(folder)).rejects.toThrow('no such file');
    writeFileSync(join(folder, 'tokenizer.json'), '{"model": {"type": "BPE"}}');
    await expect(onnxTextEncoder(folder)).rejects.toThrow('expected the tokenizer.json of a BERT-class model');
    writeFileSync(join(folder, 'tokenizer.json'), readFileSync(join(textFolder, 'tokenizer.json')));
    writeFileSync(join(folder, 'model.onnx'), 'not a model');
    await expect(onnxTextEncoder(folder)).rejects.toThrow('expected an ONNX model that runs on cpu');
    writeFileSync(join(folder, 'model.onnx'), readFileSync(imageFile));
    await expect(onnxTextEncoder(folder)).rejects.toThrow('an input "pixel_values"');
  });
});

describe('images', () => {
  test('preprocessing equals that of the Python library to two grey levels', async () => {
    const preprocessing = readPreprocessing(join(fixtures, 'image/preprocessor_config.json'));
    const pixels = await preprocessImage(join(fixtures, 'image/wide.png'), preprocessing);
    const level = 1 / 255 / Math.min(...preprocessing.deviation);
    expect(distance(pixels, image.pixels)).toBeLessThan(2.01 * level);
  });

  test('the vector equals that of the Python model', async () => {
    const encoder = await onnxImageEncoder(imageFile, { threads: 1 });
    const { matrix, failed } = await encoder.encode([join(fixtures, 'image/wide.png')]);
    expect([failed, matrix.cols]).toEqual([[], 12]);
    expect(distance(matrix.data, image.vector)).toBeLessThan(5e-3);
  });

  test('an image that cannot be decoded gets the mean and is recorded', async () => {
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, 'no image');
    const encoder = await onnxImageEncoder(imageFile, { batch: 2 });
    const { matrix, failed } = await encoder.encode([broken, join(fixtures, 'image/wide.png')]);
    expect(failed.map(({ index }) => index)).toEqual([0]);
    expect(distance(matrixRow(matrix, 0), matrixRow(matrix, 1))).toBe(0);
  });

  test.each([
    ['{"size": 0}', 'size 0'],
    ['{"size": 8, "do_center_crop": true, "crop_size": 16}', 'a crop of 16 x 16 out of 8'],
    ['{"size": 8, "image_mean": [0, 0, 0], "image_std": [1, 0, 1]}', 'mean or deviation'],
    ['no', 'not JSON'],
  ])('the preprocessor file %s is refused', (content, sentence) => {
    const path = join(folder, 'preprocessor_config.json');
    writeFileSync(path, content);
    expect(() => readPreprocessing(path)).toThrow(sentence);
  });
});
