import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { boundImage, ImageCache, type ImageSize } from './images.js';

async function picture(width: number, height: number, format: 'jpeg' | 'png' | 'webp' = 'png'): Promise<Uint8Array> {
  const pixels = { width, height, channels: 4 as const, background: { r: 200, g: 30, b: 30, alpha: 0.5 } };
  return sharp({ create: pixels }).toFormat(format).toBuffer();
}

async function bounded(bytes: Uint8Array, size: ImageSize = 'full') {
  const result = await boundImage(bytes, size);
  if ('reason' in result) throw new Error(result.reason);
  const actual = await sharp(Buffer.from(result.image.base64, 'base64')).metadata();
  expect(actual).toMatchObject({ format: 'jpeg', width: result.width, height: result.height, channels: 3 });
  return result;
}

describe('bounded images', () => {
  test.each([
    [2000, 1500],
    [3000, 200],
    [10, 10],
    [30, 400],
    [800, 800],
    [57, 999],
  ])('%i x %i fits the bounds', async (width, height) => {
    const result = await bounded(await picture(width, height));
    expect(Math.min(result.width, result.height)).toBeGreaterThanOrEqual(56);
    expect(Math.max(result.width, result.height)).toBeLessThanOrEqual(1000);
    expect(result.width * result.height).toBeLessThanOrEqual(710_000);
    expect(Math.max(result.width / result.height, result.height / result.width)).toBeLessThanOrEqual(20);
  });

  test('a picture within the bounds keeps its size and shape', async () => {
    expect(await bounded(await picture(640, 480, 'webp'))).toMatchObject({ width: 640, height: 480 });
  });

  test('after a crash pictures have a quarter of the pixels', async () => {
    const result = await bounded(await picture(1600, 1600), 'small');
    expect(result.width * result.height).toBeLessThanOrEqual(176_000);
  });

  test('the same bytes and size give the same bytes sent', async () => {
    const bytes = await picture(300, 200, 'jpeg');
    expect((await bounded(bytes)).image.digest).toBe((await bounded(bytes)).image.digest);
  });

  test('a picture on its side is set upright and nothing but pixels is kept', async () => {
    const bytes = await sharp(await picture(300, 100, 'jpeg'))
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const result = await bounded(bytes);
    expect(result).toMatchObject({ width: 100, height: 300 });
    expect((await sharp(Buffer.from(result.image.base64, 'base64')).metadata()).exif).toBeUndefined();
  });

  test('too elongated is refused with its size', async () => {
    expect(await boundImage(await picture(2100, 100), 'full')).toEqual({ reason: '2100 x 100 is too elongated' });
  });

  test('a drawing that could read files is never decoded', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><image href="file:///etc/hostname"/></svg>';
    const result = await boundImage(new TextEncoder().encode(svg), 'full');
    expect(result).toEqual({ reason: 'not a JPEG, PNG, GIF, WebP, AVIF or TIFF picture' });
  });

  test('a path or an address in the bytes is not followed', async () => {
    for (const words of ['/etc/hostname', 'http://127.0.0.1:1/x.png']) {
      expect(await boundImage(new TextEncoder().encode(words), 'full')).toHaveProperty('reason');
    }
  });

  test('a truncated picture is refused with the decoder’s reason', async () => {
    const bytes = await picture(400, 400, 'jpeg');
    expect(await boundImage(bytes.subarray(0, bytes.length / 3), 'full')).toEqual({
      reason: expect.stringMatching(/^cannot be decoded \(/),
    });
  });
});

test('the cache gives back what was encoded and forgets the oldest beyond its size', async () => {
  const cache = new ImageCache(3_000);
  const one = await picture(100, 100);
  const two = await picture(101, 101);
  const first = await cache.bounded(one, 'full');
  expect(await cache.bounded(one, 'full')).toBe(first);
  for (const side of [102, 103, 104, 105]) await cache.bounded(await picture(side, side), 'full');
  expect(await cache.bounded(one, 'full')).not.toBe(first);
  expect(await cache.bounded(two, 'small')).not.toBe(await cache.bounded(two, 'full'));
});
