import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore, matrixRow } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { pixelImageEncoder } from './pixels/pixelImageEncoder.js';
import { resumableImages, resumableText } from './resumable.js';
import { hashingTextEncoder } from './text/hashingTextEncoder.js';

const folder = mkdtempSync(join(tmpdir(), 'resumable-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('resumable encoders', () => {
  test('go on after an interruption and encode equal texts once', async () => {
    const texts = Array.from({ length: 5000 }, (_, n) => `product ${n % 2500}`);
    const plain = hashingTextEncoder({ width: 16 });
    const encoded: number[] = [];
    let failing = true;
    const counting = {
      ...plain,
      encode: async (part: readonly string[]) => {
        if (failing && encoded.length === 1) throw new Error('interrupted');
        encoded.push(part.length);
        return await plain.encode(part);
      },
    };
    const encoder = resumableText(counting, { store: new ArtifactStore(join(folder, 'text')) });
    await expect(encoder.encode(texts)).rejects.toThrow('interrupted');
    failing = false;
    expect((await encoder.encode(texts)).data).toEqual((await plain.encode(texts)).data);
    expect(encoded).toEqual([1024, 1024, 452]);
  });

  test('images equal by their bytes are encoded once; what cannot be decoded gets the mean', async () => {
    const paths = ['red', 'blue', 'red'].map((_, n) => join(folder, `${n}.png`));
    for (const [n, background] of ['red', 'blue', 'red'].entries()) {
      writeFileSync(
        paths[n],
        await sharp({ create: { width: 4, height: 4, channels: 3, background } })
          .png()
          .toBuffer(),
      );
    }
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, 'no image');
    const plain = pixelImageEncoder();
    let images = 0;
    const counting = {
      ...plain,
      encode: async (part: readonly string[]) => {
        images += part.length;
        return await plain.encode(part);
      },
    };
    const encoder = resumableImages(counting, { store: new ArtifactStore(join(folder, 'image')) });
    const all = [...paths, broken];
    const { matrix, failed } = await encoder.encode(all);
    const expected = await plain.encode(all);
    expect(images).toBe(3);
    expect(failed.map(({ index }) => index)).toEqual([3]);
    for (let row = 0; row < 4; row++) {
      const own = matrixRow(matrix, row);
      matrixRow(expected.matrix, row).forEach((value, n) => {
        expect(own[n]).toBeCloseTo(value, 6);
      });
    }
  });
});
