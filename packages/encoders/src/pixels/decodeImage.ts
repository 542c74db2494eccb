import { statSync } from 'node:fs';
import { AmrError, imageTypeOfFile, imageTypes, requirePlausiblePicture } from '@agentmmrec/core';

/** Decoded pixels, row by row, three bytes each (sRGB). */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height * width * 3] uint8 */
  readonly rgb: Uint8Array;
  /** size of the file's image */
  readonly originalWidth: number;
  readonly originalHeight: number;
}

/** Larger images are refused before they are decoded. */
const mostPixels = 100_000_000;

/**
 * Decodes an image file and scales it: `fill` to exactly size x size, `inside` to fit with its proportions kept (never enlarged).
 * Transparent parts become white, as on the page of a shop; orientation tags are applied.
 * @throws AmrError input: no file, no image, cut short, too large
 */
export async function decodeImage(path: string, size: number, fit: 'fill' | 'inside'): Promise<Pixels> {
  // sharp decodes every common image format safely and fast, and resamples; it is prebuilt for the platforms we run on. Loaded
  // with the first image: it takes as long as the rest of a short command.
  const { default: sharp } = await import('sharp');
  try {
    if (imageTypeOfFile(path) === null) throw new Error(`a file that is no ${imageTypes}`);
    const image = sharp(path, { limitInputPixels: mostPixels, failOn: 'truncated', animated: false }).autoOrient();
    const metadata = await image.metadata();
    requirePlausiblePicture(metadata, statSync(path).size);
    const { data, info } = await image
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize(size, size, { fit, kernel: 'mitchell', withoutEnlargement: fit === 'inside' })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const rgb = info.channels === 3 ? new Uint8Array(data) : spreadGrey(data, info.channels);
    const { width, height } = metadata.autoOrient;
    return { width: info.width, height: info.height, rgb, originalWidth: width, originalHeight: height };
  } catch (cause) {
    throw new AmrError({
      what: `image ${path}`,
      got: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      expected: `an image file of at most ${mostPixels} pixels: ${imageTypes}`,
      hint: 'replace the file, or leave the image of this item out',
      cause,
    });
  }
}

/** Some colour spaces come back with one channel. */
export function spreadGrey(data: Uint8Array, channels: number): Uint8Array {
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let n = 0; n < pixels; n++) rgb.fill(data[n * channels], n * 3, n * 3 + 3);
  return rgb;
}
