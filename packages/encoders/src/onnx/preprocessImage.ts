import { readFileSync, statSync } from 'node:fs';
import { AmrError, fileError, imageTypeOfFile, imageTypes, requirePlausiblePicture } from '@agentmmrec/core';
import { spreadGrey } from '../pixels/decodeImage.js';
import { type ResampleKernel, type RgbImage, resample } from '../pixels/resample.js';

/** What a model's preprocessor file asks for. */
export interface Preprocessing {
  /** the shorter side becomes this long, or both sides as stated */
  readonly resize: { readonly shortest: number } | { readonly width: number; readonly height: number };
  readonly kernel: ResampleKernel;
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
/** Larger images are reduced while they are decoded: several are held at a time, three bytes a pixel. */
const mostHeldPixels = 25_000_000;
/** From this size on `crop_pct` does not count. */
const largestCut = 384;
/** Numbers of the Pillow library's filters. */
const kernels: Readonly<Record<number, Preprocessing['kernel']>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
  4: 'box',
  5: 'hamming',
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
  const { resize, width, height } = readShape(value, path);
  const kernel = kernels[Number(value.resample ?? 2)];
  const normalised = value.do_normalize !== false;
  const mean = normalised ? value.image_mean : [0, 0, 0];
  const deviation = normalised ? value.image_std : [1, 1, 1];
  if (!kernel || !isTriple(mean) || !isTriple(deviation) || deviation.includes(0)) {
    throw unusable(path, 'a resampling, mean or deviation that cannot be used');
  }
  const rescale = value.do_rescale === false ? 1 : Number(value.rescale_factor ?? 1 / 255);
  return { resize, kernel, width, height, rescale, mean, deviation };
}

/**
 * The resize and the cut. A size that is one number means the shorter side where a cut follows (CLIP, ConvNeXt) and both sides
 * where none does (ViT); `crop_pct` makes the resized image larger than the cut below 384 (ConvNeXt, ResNet), as the Python
 * processors have it.
 */
function readShape(value: Record<string, unknown>, path: string): Pick<Preprocessing, 'resize' | 'width' | 'height'> {
  const size = sizeOf(value.size);
  const cuts = value.do_center_crop === true;
  const crop = cuts ? sizeOf(value.crop_size) : size;
  if (!size || !crop) {
    throw unusable(path, `size ${JSON.stringify(value.size)}, crop ${JSON.stringify(value.crop_size)}`);
  }
  const { width, height } = 'shortest' in crop ? { width: crop.shortest, height: crop.shortest } : crop;
  const share = value.crop_pct ?? 1;
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) {
    throw unusable(path, `crop_pct ${JSON.stringify(share)}`);
  }
  const squares = !cuts && (typeof value.size === 'number' || 'crop_pct' in value);
  if (squares && 'crop_pct' in value && width < largestCut) {
    return { resize: { shortest: Math.trunc(width / share) }, width, height };
  }
  const resize = squares ? { width, height } : size;
  const smallest = 'shortest' in resize ? resize.shortest : Math.min(resize.width, resize.height);
  if (smallest < Math.max(width, height)) throw unusable(path, `a crop of ${width} x ${height} out of ${smallest}`);
  return { resize, width, height };
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
    const image = await decodeWhole(path);
    const target = targetOf(image, resize);
    // A ratio of sides beyond this would make a row of the resized image larger than the image itself.
    if (Math.max(target.width, target.height) > 64 * largestSide) throw new Error('sides of too different lengths');
    return cut(resample(image, target.width, target.height, kernel), width, height);
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

/** The pixels as they are; an image too large to hold beside others is halved first, which no model notices. */
async function decodeWhole(path: string): Promise<RgbImage> {
  if (imageTypeOfFile(path) === null) throw new Error(`a file that is no ${imageTypes}`);
  const { default: sharp } = await import('sharp'); // as in decodeImage
  const image = sharp(path, { limitInputPixels: mostPixels, failOn: 'truncated', animated: false }).autoOrient();
  const metadata = await image.metadata();
  requirePlausiblePicture(metadata, statSync(path).size);
  const { width, height } = metadata.autoOrient;
  const halvings = Math.max(0, Math.ceil(Math.log2((width * height) / mostHeldPixels) / 2));
  if (halvings > 0) image.resize(Math.ceil(width / 2 ** halvings), Math.ceil(height / 2 ** halvings), { fit: 'fill' });
  const { data, info } = await image
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const rgb = info.channels === 3 ? data : spreadGrey(data, info.channels);
  return { width: info.width, height: info.height, rgb };
}

function targetOf({ width, height }: RgbImage, resize: Preprocessing['resize']): { width: number; height: number } {
  if (!('shortest' in resize)) return resize;
  const { shortest } = resize;
  // Multiplied first: the order of the Python libraries, which decides the last pixel.
  return width <= height
    ? { width: shortest, height: Math.trunc((shortest * height) / width) }
    : { width: Math.trunc((shortest * width) / height), height: shortest };
}

/** The middle. */
function cut(image: RgbImage, width: number, height: number): Uint8Array {
  const left = Math.floor((image.width - width) / 2);
  const top = Math.floor((image.height - height) / 2);
  const out = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    out.set(image.rgb.subarray(from, from + 3 * width), 3 * y * width);
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
