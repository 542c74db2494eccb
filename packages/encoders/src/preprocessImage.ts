import { readFileSync } from 'node:fs';
import { AmrError, fileError } from '@agentmmrec/core';
// sharp decodes every common image format safely and fast, and resamples; it is prebuilt for the platforms we run on.
import sharp, { type OutputInfo } from 'sharp';

/** What a model's preprocessor file asks for. */
export interface Preprocessing {
  /** the shorter side becomes this long, or both sides as stated */
  readonly resize: { readonly shortest: number } | { readonly width: number; readonly height: number };
  readonly kernel: 'nearest' | 'linear' | 'cubic' | 'lanczos3';
  /** size the model sees, cut from the middle */
  readonly width: number;
  readonly height: number;
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Larger images are refused before they are decoded. */
const mostPixels = 100_000_000;
const largestSide = 2048;
/** Numbers of the Pillow library's filters. */
const kernels: Readonly<Record<number, Preprocessing['kernel']>> = {
  0: 'nearest',
  1: 'lanczos3',
  2: 'linear',
  3: 'cubic',
};

/** Reads `preprocessor_config.json` of an image model. @throws AmrError input: missing, not JSON, or something we cannot do */
export function readPreprocessing(path: string): Preprocessing {
  let value: Record<string, unknown>;
  try {
    value = (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unusable(path, 'a file that is not JSON');
    throw fileError(`reading ${path}`, cause);
  }
  const size = sizeOf(value.size);
  const crop = value.do_center_crop === true ? sizeOf(value.crop_size) : size;
  if (!size || !crop)
    throw unusable(path, `size ${JSON.stringify(value.size)}, crop ${JSON.stringify(value.crop_size)}`);
  const { width, height } = 'shortest' in crop ? { width: crop.shortest, height: crop.shortest } : crop;
  const smallest = 'shortest' in size ? size.shortest : Math.min(size.width, size.height);
  if (smallest < Math.max(width, height)) throw unusable(path, `a crop of ${width} x ${height} out of ${smallest}`);
  const kernel = kernels[Number(value.resample ?? 2)];
  const normalised = value.do_normalize !== false;
  const mean = normalised ? value.image_mean : [0, 0, 0];
  const deviation = normalised ? value.image_std : [1, 1, 1];
  if (!kernel || !isTriple(mean) || !isTriple(deviation) || deviation.includes(0)) {
    throw unusable(path, 'a resampling, mean or deviation that cannot be used');
  }
  const rescale = value.do_rescale === false ? 1 : Number(value.rescale_factor ?? 1 / 255);
  return { resize: size, kernel, width, height, rescale, mean, deviation };
}

function sizeOf(value: unknown): Preprocessing['resize'] | null {
  const side = (number: unknown): number | null =>
    typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= largestSide ? number : null;
  const whole = side(value);
  if (whole !== null) return { shortest: whole };
  if (typeof value !== 'object' || value === null) return null;
  const { shortest_edge: shortest, width, height } = value as Record<string, unknown>;
  const edge = side(shortest);
  if (edge !== null) return { shortest: edge };
  const [w, h] = [side(width), side(height)];
  return w !== null && h !== null ? { width: w, height: h } : null;
}

function isTriple(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 3 && value.every((part) => Number.isFinite(part));
}

/**
 * Decodes, resizes, cuts the middle out and normalises.
 * @returns [3, height, width] float32
 * @throws AmrError input: no image, cut short, larger than 100 million pixels
 */
export async function preprocessImage(path: string, preprocessing: Preprocessing): Promise<Float32Array> {
  const { width, height, rescale, mean, deviation } = preprocessing;
  const rgb = await resizedPixels(path, preprocessing);
  const pixels = width * height;
  const out = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    for (let n = 0; n < pixels; n++) {
      out[channel * pixels + n] = (rgb[3 * n + channel] * rescale - mean[channel]) / deviation[channel];
    }
  }
  return out;
}

async function resizedPixels(path: string, { resize, kernel, width, height }: Preprocessing): Promise<Uint8Array> {
  try {
    const image = sharp(path, { limitInputPixels: mostPixels, failOn: 'truncated', animated: false }).autoOrient();
    const { width: before, height: beforeHeight } = (await image.metadata()).autoOrient;
    const scale = 'shortest' in resize ? resize.shortest / Math.min(before, beforeHeight) : 0;
    const target =
      'shortest' in resize
        ? {
            width: before <= beforeHeight ? resize.shortest : Math.trunc(before * scale),
            height: beforeHeight <= before ? resize.shortest : Math.trunc(beforeHeight * scale),
          }
        : resize;
    // A ratio of sides beyond this would make a row of the resized image larger than the image itself.
    if (Math.max(target.width, target.height) > 64 * largestSide) throw new Error('sides of too different lengths');
    const resized = await image
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize(target.width, target.height, { fit: 'fill', kernel, fastShrinkOnLoad: false })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return cut(resized.data, resized.info, width, height);
  } catch (cause) {
    throw new AmrError({
      what: `image ${path}`,
      got: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      expected: `an image file of at most ${mostPixels} pixels`,
      hint: 'replace the file, or leave the image of this item out',
      cause,
    });
  }
}

/** The middle, as three channels. */
function cut(data: Uint8Array, info: OutputInfo, width: number, height: number): Uint8Array {
  const left = Math.floor((info.width - width) / 2);
  const top = Math.floor((info.height - height) / 2);
  const out = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((top + y) * info.width + left + x) * info.channels;
      // Grey images come back with one channel.
      for (let c = 0; c < 3; c++) out[3 * (y * width + x) + c] = data[from + (info.channels >= 3 ? c : 0)];
    }
  }
  return out;
}

function unusable(path: string, got: string): AmrError {
  return new AmrError({
    what: path,
    got,
    expected: 'a preprocessor file with size, crop_size, image_mean and image_std',
    hint: 'put the preprocessor_config.json of the model beside it',
  });
}
