import { readFileSync } from 'node:fs';
import { AmrError } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawn, fileOf, product, removeFolders } from '../testing/images.js';
import { describeImage } from './describeImage.js';
import type { ColourName } from './imageDescription.js';

afterAll(removeFolders);

const range = (start: number, end: number, step: number) =>
  Array.from({ length: Math.ceil((end - start) / step) }, (_, n) => start + n * step);
const stripesDown = range(20, 80, 12)
  .map((x) => `<rect x="${x}" y="0" width="5" height="100" fill="white"/>`)
  .join('');
const stripesAcross = range(20, 80, 12)
  .map((y) => `<rect x="0" y="${y}" width="100" height="5" fill="white"/>`)
  .join('');
const slanted = `<g transform="rotate(45 50 50)">${range(-20, 120, 12)
  .map((x) => `<rect x="${x}" y="-50" width="5" height="200" fill="white"/>`)
  .join('')}</g>`;
const dots = range(26, 80, 12)
  .flatMap((x) => range(26, 80, 12).map((y) => `<circle cx="${x}" cy="${y}" r="3.5" fill="white"/>`))
  .join('');

describe('describeImage', () => {
  test.each<[ColourName, string]>([
    ['red', '#c81e28'],
    ['orange', '#ee7a14'],
    ['yellow', '#f4d024'],
    ['green', '#2e8a38'],
    ['teal', '#12868a'],
    ['blue', '#265ccc'],
    ['navy', '#141e50'],
    ['purple', '#7a349e'],
    ['pink', '#f280b0'],
    ['brown', '#784622'],
    ['black', '#1c1c1e'],
    ['grey', '#86888c'],
    ['beige', '#e4d0af'],
  ])('names the colour of a %s product, not of what is behind it', async (name, fill) => {
    const found = await describeImage(await product(fill, '', '#ffffff'));
    expect(found.subjectColours[0].name).toBe(name);
    expect(found.subjectColours[0].share).toBeGreaterThan(0.95);
    expect(found.background).toBe('white');
    expect(found.colours.map((colour) => colour.name)).toEqual(['white', name]);
    expect(found.subjectShare).toBeCloseTo(0.36, 1);
  });

  test.each([
    ['plain', '', 'mixed'],
    ['striped', stripesDown, 'vertical'],
    ['striped', stripesAcross, 'horizontal'],
    ['striped', slanted, 'diagonal'],
    ['checked', stripesDown + stripesAcross, undefined],
    ['dotted', dots, 'mixed'],
  ] as const)('sees a %s surface (%#)', async (texture, marks, orientation) => {
    const found = await describeImage(await product('#265ccc', marks));
    expect(found.texture).toBe(texture);
    if (orientation) expect(found.orientation).toBe(orientation);
    expect(found.words).toContain(texture);
  });

  test('measures light, detail and proportion', async () => {
    const dark = await describeImage(await product('#141e50', '', '#ffffff'));
    const bright = await describeImage(await product('#f4d024', '', '#333333'));
    expect([dark.brightnessWord, bright.brightnessWord]).toEqual(['dark', 'bright']);
    const busy = await describeImage(await product('#141e50', dots));
    expect(busy.contrast).toBeGreaterThan(dark.contrast + 0.1);
    expect([dark.contrastWord, busy.contrastWord]).toEqual(['low-contrast', 'high-contrast']);
    expect([dark.detailWord, dark.edgeDensity]).toEqual(['smooth', 0]);
    expect(busy.edgeDensity).toBeGreaterThan(0.2);
    expect(dark.proportion).toBe('square');
    const tall = await drawn(
      '<rect width="100" height="100" fill="#eee"/><rect x="40" y="10" width="20" height="80" fill="#a00"/>',
    );
    expect((await describeImage(tall)).proportion).toBe('tall');
  });

  test('ignores props and a table edge', async () => {
    const scene = await drawn(
      '<rect width="100" height="100" fill="#f4d024"/><rect y="80" width="100" height="20" fill="#7a349e"/><circle cx="10" cy="15" r="6" fill="#2e8a38"/><circle cx="50" cy="50" r="24" fill="#c81e28"/>',
    );
    expect((await describeImage(scene)).subjectColours.map(({ name }) => name)).toEqual(['red']);
  });

  test('an image of one colour is described by its middle', async () => {
    const found = await describeImage(await drawn('<rect width="100" height="100" fill="#265ccc"/>'));
    expect(found).toMatchObject({ background: 'blue', texture: 'plain', subjectColours: [{ name: 'blue', share: 1 }] });
    expect(found.subjectShare).toBeCloseTo(0.25, 1);
  });

  test('the format of the file hardly matters, and equal files give equal descriptions', async () => {
    const shapes = '<rect width="100" height="100" fill="#fff"/><circle cx="50" cy="50" r="30" fill="#c81e28"/>';
    const found = await Promise.all(
      (['png', 'jpeg', 'webp'] as const).map(
        async (format) => (await describeImage(await drawn(shapes, format))).words,
      ),
    );
    expect(new Set(found.map(String)).size).toBe(1);
    const path = await drawn(shapes);
    expect(await describeImage(path)).toEqual(await describeImage(path));
  });

  test('images of one pixel, of one row and with transparency', async () => {
    const png = (svg: string) => drawn(svg);
    expect((await describeImage(await png(''))).background).toBe('white');
    const { default: sharp } = await import('sharp');
    for (const [width, height] of [
      [1, 1],
      [300, 1],
      [1, 300],
      [2, 2],
    ]) {
      const bytes = await sharp({ create: { width, height, channels: 3, background: '#c81e28' } })
        .png()
        .toBuffer();
      const found = await describeImage(fileOf(bytes));
      expect(found).toMatchObject({ width, height, background: 'red' });
      expect(Number.isFinite(found.brightness) && Number.isFinite(found.contrast)).toBe(true);
    }
  });

  test.each<[string, Uint8Array | string]>([
    ['text', 'no image at all'],
    ['nothing', ''],
    ['a PNG cut short', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1')],
  ])('refuses %s in one sentence', async (_, bytes) => {
    await expect(describeImage(fileOf(bytes))).rejects.toThrow(/^image .*image\.png: got .*HINT: replace the file/);
  });

  test('refuses a missing file', async () => {
    await expect(describeImage('none.png')).rejects.toThrow(AmrError);
  });

  test('random damage of a file gives a description or an AmrError', async () => {
    const bytes = readFileSync(await product('#265ccc', dots));
    const seen = { described: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.noBias(fc.integer({ min: 0, max: bytes.length - 1 })),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, cut) => {
          const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
          if (!cut) damaged[at] ^= change;
          try {
            const found = await describeImage(fileOf(damaged));
            expect(found.subjectColours.every(({ share }) => share >= 0 && share <= 1)).toBe(true);
            seen.described++;
          } catch (error) {
            if (!(error instanceof AmrError)) throw error;
            seen.refused++;
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(seen.refused).toBeGreaterThan(5);
  });
});
