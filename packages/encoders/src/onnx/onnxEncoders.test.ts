/**
 * @jest-environment ./packages/encoders/fixtures/hostArraysEnvironment.cjs
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matrixRow } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { onnxImageEncoder } from './onnxImageEncoder.js';
import { toHalf } from './onnxSession.js';
import { onnxTextEncoder } from './onnxTextEncoder.js';
import { preprocessImage, readPreprocessing } from './preprocessImage.js';
import { readTokenizer } from './tokenizer.js';

const fixtures = join(process.cwd(), 'packages/encoders/fixtures');
const textFolder = join(fixtures, 'text');
const imageFile = join(fixtures, 'clip/model.onnx');
const folder = mkdtempSync(join(tmpdir(), 'encoders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface TextCase {
  readonly text: string;
  readonly ids: readonly number[];
  readonly vector: readonly number[];
}
const { cases } = JSON.parse(readFileSync(join(textFolder, 'expected.json'), 'utf8')) as { cases: TextCase[] };

interface ImageCase {
  readonly image: string;
  readonly pixels: readonly number[];
  readonly vector: readonly number[];
}
const imageCases = ['clip', 'cnn', 'vit'].flatMap((kind) => {
  const expected = JSON.parse(readFileSync(join(fixtures, kind, 'expected.json'), 'utf8')) as { cases: ImageCase[] };
  return expected.cases.map((one) => [kind, one.image, one] as const);
});
const wide = join(fixtures, 'images/wide.png');

/** Largest difference of two vectors. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, n) => Math.abs(value - b[n])));
}

describe('text', () => {
  test.each(cases.map(({ text, ids }) => [text.slice(0, 40), text, ids] as const))('pieces of %j', (_, text, ids) => {
    expect(readTokenizer(join(textFolder, 'tokenizer.json')).encode(text, 256)).toEqual(ids);
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

  /** The text model with every input of another type or a fixed size, written by hand into the file's protocol buffer. */
  function variant(change: (model: Buffer) => Buffer): string {
    const target = mkdtempSync(join(folder, 'variant-'));
    writeFileSync(join(target, 'model.onnx'), change(readFileSync(join(textFolder, 'model.onnx'))));
    writeFileSync(join(target, 'tokenizer.json'), readFileSync(join(textFolder, 'tokenizer.json')));
    return target;
  }

  test.each([
    ['a fixed batch of one', 'texts', 1],
    ['a fixed batch of three', 'texts', 3],
    ['a fixed length', 'pieces', 40],
  ])('a model of %s gives the same vectors', async (_, dimension, size) => {
    const own = await onnxTextEncoder(
      variant((model) => fixed(model, dimension, size)),
      { threads: 1 },
    );
    const texts = ['a small red mug', 'two', 'a lamp made of glass and steel', 'x y z', ''];
    const [found, expected] = [
      await own.encode(texts),
      await (await onnxTextEncoder(textFolder, { threads: 1 })).encode(texts),
    ];
    expect(distance(found.data, expected.data)).toBeLessThan(2e-6);
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
    for (const damage of ['{"model": {"type": "BPE"}}', '{"model": {"type": "Other", "vocab": {}}}', 'null', '{']) {
      writeFileSync(join(folder, 'tokenizer.json'), damage);
      await expect(onnxTextEncoder(folder)).rejects.toThrow('expected the tokenizer.json of a sentence encoder');
    }
    writeFileSync(join(folder, 'tokenizer.json'), readFileSync(join(textFolder, 'tokenizer.json')));
    writeFileSync(join(folder, 'model.onnx'), 'not a model');
    await expect(onnxTextEncoder(folder)).rejects.toThrow('expected an ONNX model that runs on cpu');
    writeFileSync(join(folder, 'model.onnx'), readFileSync(imageFile));
    await expect(onnxTextEncoder(folder)).rejects.toThrow('an input "pixel_values"');
  });
});

describe('images', () => {
  test.each(imageCases)('pixels of the Python processor: %s, %s', async (kind, name, expected) => {
    const preprocessing = readPreprocessing(join(fixtures, kind, 'preprocessor_config.json'));
    const pixels = await preprocessImage(join(fixtures, 'images', name), preprocessing);
    // Equal but for the four digits of the committed numbers: a grey level is a hundred times more.
    expect(distance(pixels, expected.pixels)).toBeLessThan(6e-5);
  });

  test.each(imageCases)('vectors of the Python model: %s, %s', async (kind, name, expected) => {
    const encoder = await onnxImageEncoder(join(fixtures, kind, 'model.onnx'), { threads: 1 });
    const { matrix, failed } = await encoder.encode([join(fixtures, 'images', name)]);
    expect(failed).toEqual([]);
    expect(distance(matrix.data, expected.vector)).toBeLessThan(2e-6);
  });

  test.each([
    [{ size: 224, do_center_crop: true, crop_size: 192 }, { shortest: 224 }, 192],
    [
      { size: { shortest_edge: 256 }, do_center_crop: true, crop_size: { height: 224, width: 224 } },
      { shortest: 256 },
      224,
    ],
    [{ size: 224 }, { width: 224, height: 224 }, 224],
    [{ size: { height: 224, width: 224 } }, { width: 224, height: 224 }, 224],
    [{ size: 224, crop_pct: 0.875 }, { shortest: 256 }, 224],
    [{ size: 384, crop_pct: 0.875 }, { width: 384, height: 384 }, 384],
  ])('shape of %j, as the Python processors read it', (value, resize, side) => {
    const path = join(folder, 'preprocessor_config.json');
    writeFileSync(path, JSON.stringify({ ...value, image_mean: [0, 0, 0], image_std: [1, 1, 1] }));
    expect(readPreprocessing(path)).toMatchObject({ resize, width: side, height: side });
  });

  test('a model that asks for texts too is refused, with what to export', async () => {
    const copy = join(folder, 'model.onnx');
    writeFileSync(copy, readFileSync(join(textFolder, 'model.onnx')));
    writeFileSync(
      join(folder, 'preprocessor_config.json'),
      readFileSync(join(fixtures, 'clip/preprocessor_config.json')),
    );
    await expect(onnxImageEncoder(copy)).rejects.toThrow(
      /got a model with the inputs input_ids, attention_mask, token_type_ids, expected one input.*vision_model\.onnx/,
    );
  });

  test('an image that cannot be decoded gets the mean and is recorded', async () => {
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, 'no image');
    const encoder = await onnxImageEncoder(imageFile, { batch: 2 });
    const { matrix, failed } = await encoder.encode([broken, wide]);
    expect(failed.map(({ index }) => index)).toEqual([0]);
    expect(distance(matrixRow(matrix, 0), matrixRow(matrix, 1))).toBe(0);
  });

  test.each([
    ['{"size": 0}', 'size 0'],
    ['{"size": 8, "do_center_crop": true, "crop_size": 16}', 'a crop of 16 x 16 out of 8'],
    ['{"size": 8, "image_mean": [0, 0, 0], "image_std": [1, 0, 1]}', 'mean or deviation'],
    ['{"size": 8, "crop_pct": 1.5, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]}', 'crop_pct 1.5'],
    ['no', 'not JSON'],
  ])('the preprocessor file %s is refused', (content, sentence) => {
    const path = join(folder, 'preprocessor_config.json');
    writeFileSync(path, content);
    expect(() => readPreprocessing(path)).toThrow(sentence);
  });
});

/**
 * The model with a named dimension of its inputs fixed: in the protocol buffer `dim_param` (field 2, a text) becomes `dim_value` (field
 * 1, a number) followed by bytes of a field that nobody reads, so that no length changes.
 */
function fixed(model: Buffer, dimension: string, size: number): Buffer {
  const named = Buffer.concat([Buffer.of(0x12, dimension.length), Buffer.from(dimension)]);
  const valued = Buffer.alloc(named.length);
  // dim_value, then an unknown field 15 of the bytes that are left.
  valued.set([0x08, size, 0x7a, named.length - 4]);
  const changed = Buffer.from(model);
  for (let at = changed.indexOf(named); at >= 0; at = changed.indexOf(named, at + 1)) valued.copy(changed, at);
  return changed;
}

describe('halves', () => {
  test.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [1.5 * 2 ** -24, 2],
    [2 ** -14, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NaN, 0x7e00],
  ])('%p', (value, bits) => {
    expect(toHalf(value)).toBe(bits);
  });
});
