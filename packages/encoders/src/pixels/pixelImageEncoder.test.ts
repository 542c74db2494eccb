import { matrixRow } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { drawn, fileOf, product, removeFolders } from '../testing/images.js';
import { pixelBlocks } from './pixelFeatures.js';
import { pixelImageEncoder } from './pixelImageEncoder.js';

afterAll(removeFolders);

const encoder = pixelImageEncoder();

async function cosines(paths: readonly string[]): Promise<number[]> {
  const { matrix } = await encoder.encode(paths);
  const first = matrixRow(matrix, 0);
  return paths.slice(1).map((_, n) => matrixRow(matrix, n + 1).reduce((sum, value, at) => sum + value * first[at], 0));
}

describe('pixelImageEncoder', () => {
  test('gives unit rows of 512, finite for any image', async () => {
    const paths = await Promise.all([
      product('#c81e28'),
      drawn('<rect width="100" height="100" fill="#000"/>'),
      drawn('<rect width="100" height="100" fill="#fff"/>'),
    ]);
    const { matrix, failed } = await encoder.encode(paths);
    expect([matrix.rows, matrix.cols, encoder.width, failed.length]).toEqual([3, 512, 512, 0]);
    for (let row = 0; row < 3; row++) {
      expect(matrixRow(matrix, row).every(Number.isFinite)).toBe(true);
      expect(Math.hypot(...matrixRow(matrix, row))).toBeCloseTo(1, 5);
    }
  });

  test('shares of the blocks add up to the whole', () => {
    expect(pixelBlocks.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  test('the same product elsewhere in the image is nearer than another colour, and that nearer than another scene', async () => {
    const at = (x: number, colour: string, backdrop: string) =>
      drawn(`<rect width="100" height="100" fill="${backdrop}"/><circle cx="${x}" cy="50" r="25" fill="${colour}"/>`);
    const [moved, recoloured, other] = await cosines(
      await Promise.all([
        at(50, '#c81e28', '#ddd'),
        at(54, '#c81e28', '#ddd'),
        at(50, '#265ccc', '#ddd'),
        at(50, '#265ccc', '#2e8a38'),
      ]),
    );
    expect(moved).toBeGreaterThan(recoloured);
    expect(recoloured).toBeGreaterThan(other);
    expect(moved).toBeGreaterThan(0.95);
  });

  test('stripes tell from dots by texture alone', async () => {
    const stripes = (offset: number) =>
      Array.from({ length: 10 }, (_, n) => `<rect x="${n * 12 + offset}" width="6" height="100" fill="#fff"/>`).join(
        '',
      );
    const dots = Array.from(
      { length: 81 },
      (_, n) => `<circle cx="${(n % 9) * 12 + 4}" cy="${Math.floor(n / 9) * 12 + 4}" r="4.7" fill="#fff"/>`,
    ).join('');
    const paths = await Promise.all([stripes(0), stripes(2), dots].map((marks) => product('#000', marks)));
    const [shifted, dotted] = await cosines(paths);
    expect(shifted).toBeGreaterThan(dotted);
  });

  test('an image that cannot be decoded is recorded and gets the mean of the others', async () => {
    const [red, blue] = await Promise.all([product('#c81e28'), product('#265ccc')]);
    const { matrix, failed } = await encoder.encode([red, fileOf('no image'), blue]);
    expect(failed).toMatchObject([{ index: 1, reason: expect.stringMatching(/image\.png: got/) }]);
    matrixRow(matrix, 1).forEach((value, n) => {
      expect(value).toBeCloseTo((matrixRow(matrix, 0)[n] + matrixRow(matrix, 2)[n]) / 2, 6);
    });
  });

  test('with nothing decodable all rows are zero', async () => {
    const { matrix, failed } = await encoder.encode([fileOf('x'), 'none.png']);
    expect(failed.length).toBe(2);
    expect(matrix.data.every((value) => value === 0)).toBe(true);
  });

  test('equal files give equal bits, in any company', async () => {
    const paths = await Promise.all(['#c81e28', '#265ccc', '#2e8a38'].map((fill) => product(fill)));
    const together = await encoder.encode(paths);
    const alone = await encoder.encode([paths[2]]);
    expect([...alone.matrix.data]).toEqual([...matrixRow(together.matrix, 2)]);
  });
});
