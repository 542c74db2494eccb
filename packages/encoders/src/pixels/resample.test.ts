import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { type ResampleKernel, resample } from './resample.js';

const fixtures = join(process.cwd(), 'packages/encoders/fixtures');
interface Case {
  readonly kernel: ResampleKernel;
  readonly image: string;
  readonly size: readonly [number, number];
  readonly rgb: readonly number[];
}
const { cases } = JSON.parse(readFileSync(join(fixtures, 'resampled.json'), 'utf8')) as { cases: Case[] };

async function pixelsOf(name: string) {
  const image = sharp(join(fixtures, 'images', name))
    .toColourspace('srgb')
    .raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: new Uint8Array(data) };
}

test.each(cases.map((one) => [one.kernel, one.image, one] as const))(
  '%s of %s equals Pillow, bit for bit',
  async (_, __, one) => {
    const found = resample(await pixelsOf(one.image), ...one.size, one.kernel);
    expect([found.width, found.height]).toEqual(one.size);
    expect([...found.rgb]).toEqual(one.rgb);
  },
);

test('the same size gives the same pixels', async () => {
  const image = await pixelsOf('wide.png');
  expect(resample(image, image.width, image.height, 'bicubic').rgb).toEqual(image.rgb);
});
