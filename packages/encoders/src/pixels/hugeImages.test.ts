import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { describeImage } from '../description/describeImage.js';
import { preprocessImage, readPreprocessing } from '../onnx/preprocessImage.js';
import { newFolder, removeFolders } from '../testing/images.js';
import { pixelImageEncoder } from './pixelImageEncoder.js';

afterAll(removeFolders);

const SIDE = 60_000;

/** A whole PNG of one pixel whose header claims another size; its checksum fits. */
async function claimingPng(width: number, height: number): Promise<Buffer> {
  const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** A JPEG whose frame header (SOF0) claims another size. */
async function claimingJpeg(width: number, height: number): Promise<Buffer> {
  const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

const claims: readonly [string, () => Promise<Buffer>][] = [
  ['PNG', () => claimingPng(SIDE, SIDE)],
  ['JPEG', () => claimingJpeg(SIDE, SIDE)],
];

describe.each(claims)('a %s that claims 60,000 x 60,000 pixels', (format, make) => {
  const file = async () => {
    const path = join(newFolder(), `claim.${format.toLowerCase()}`);
    writeFileSync(path, await make());
    return path;
  };

  test('is refused by its header before anything is decoded', async () => {
    const path = await file();
    const before = process.resourceUsage().maxRSS;
    const sentence = /exceeds pixel limit.*expected an image file of at most 100000000 pixels/;
    await expect(describeImage(path)).rejects.toThrow(sentence);
    const preprocessing = readPreprocessing('packages/encoders/fixtures/clip/preprocessor_config.json');
    await expect(preprocessImage(path, preprocessing)).rejects.toThrow(sentence);
    // Decoded it would be ten gigabytes; kilobytes are counted.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 1024);
  });

  test('is an item without a readable image to an encoder, which goes on', async () => {
    const good = join(newFolder(), 'good.png');
    writeFileSync(good, await claimingPng(1, 1));
    const { failed, matrix } = await pixelImageEncoder().encode([await file(), good]);
    expect(failed).toEqual([{ index: 0, reason: expect.stringContaining('exceeds pixel limit') }]);
    expect(matrix.data.subarray(0, matrix.cols)).toEqual(matrix.data.subarray(matrix.cols));
  });
});

test('a few bytes that claim ninety million pixels are refused by their header', async () => {
  const path = join(newFolder(), 'claim.png');
  writeFileSync(path, await claimingPng(9_000, 10_000));
  const sentence = /got 9000 x 10000 pixels in \d+ bytes/;
  await expect(describeImage(path)).rejects.toThrow(sentence);
  const preprocessing = readPreprocessing('packages/encoders/fixtures/clip/preprocessor_config.json');
  await expect(preprocessImage(path, preprocessing)).rejects.toThrow(sentence);
});

test.each([
  [
    'through filters that ask for hours',
    '<filter id="f"><feTurbulence numOctaves="99999"/></filter><rect filter="url(#f)" width="9999" height="9999"/>',
  ],
  ['that is small and plain', '<circle r="9"/>'],
])('a drawing %s is no picture, whatever its name', async (_, shapes) => {
  const path = join(newFolder(), 'drawing.png');
  writeFileSync(path, `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">${shapes}</svg>`);
  await expect(describeImage(path)).rejects.toThrow(/a file that is no JPEG, PNG, GIF, WebP, AVIF or TIFF/);
  const { failed } = await pixelImageEncoder().encode([path]);
  expect(failed).toHaveLength(1);
});
