/**
 * @jest-environment ./packages/encoders/fixtures/hostArraysEnvironment.cjs
 */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pixelImageEncoder } from '../pixels/pixelImageEncoder.js';
import { hashingTextEncoder } from '../text/hashingTextEncoder.js';
import { onnxImageEncoder } from './onnxImageEncoder.js';
import { fromHalf, toHalf } from './onnxSession.js';
import { onnxTextEncoder } from './onnxTextEncoder.js';

const fixtures = join(process.cwd(), 'packages/encoders/fixtures');
const model = (name: string) => join(fixtures, `outputs/${name}.onnx`);
const wide = join(fixtures, 'images/wide.png');

async function vectorOf(name: string): Promise<Float32Array> {
  const encoder = await onnxImageEncoder(model(name), { threads: 1 });
  return (await encoder.encode([wide])).matrix.data;
}

describe('outputs as people export them', () => {
  test.each([
    ['half', 1e-3],
    ['double', 1e-6],
    ['several', 0],
  ])('%s: the vectors of the plain model', async (name, tolerance) => {
    const [found, plain] = [await vectorOf(name), await vectorOf('plain')];
    expect(plain.some((value) => value !== 0)).toBe(true);
    expect(Math.max(...found.map((value, n) => Math.abs(value - plain[n])))).toBeLessThanOrEqual(tolerance);
  });

  test.each([
    ['patches', /got the output \[1, 16, 3\], expected one vector an image.*with its pooling/],
    ['map', /got the output \[1, 3, 4, 4\], expected one vector an image.*with its pooling/],
    ['whole', /an output of int64, expected float32, float16 or float64.*not quantized/],
    ['larger', /pictures \[3, 8, 8\], expected \[3, 4, 4\].*preprocessor_config\.json.*belongs to this model/],
    ['colours-last', /pictures \[4, 4, 3\], expected \[3, 4, 4\].*colours first \(NCHW\)/],
  ])('%s is refused, with what to change', async (name, sentence) => {
    await expect(onnxImageEncoder(model(name), { threads: 1 })).rejects.toThrow(sentence);
  });

  test('halves are read back as they were written', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (Number.isNaN(value)) expect((bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0).toBe(true);
      else if (toHalf(value) !== bits) throw new Error(`${bits} became ${value} became ${toHalf(value)}`);
    }
  });
});

describe('a stop ends an encoder between two batches', () => {
  const stopped = AbortSignal.abort(new Error('stopped'));
  test('texts and pictures, by models and without', async () => {
    const texts = await onnxTextEncoder(join(fixtures, 'text'), { threads: 1 });
    await expect(texts.encode(['a mug'], stopped)).rejects.toThrow('stopped');
    const images = await onnxImageEncoder(model('plain'), { threads: 1 });
    await expect(images.encode([wide], stopped)).rejects.toThrow('stopped');
    await expect(hashingTextEncoder().encode(['a mug'], stopped)).rejects.toThrow('stopped');
    await expect(pixelImageEncoder().encode([wide], stopped)).rejects.toThrow('stopped');
  });

  test('many texts at once let it in', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopped')), 30);
    const texts = Array.from({ length: 200_000 }, (_, n) => `a text of some length about product ${n}`);
    await expect(hashingTextEncoder().encode(texts, stop.signal)).rejects.toThrow('stopped');
  });
});
