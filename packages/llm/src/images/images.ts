import { digest, imageTypeOf, imageTypes, requirePlausiblePicture } from '@agentmmrec/core';
import type { WireImage } from '../contract/contract.js';

/** How far pictures are reduced: 0 as a rule, 1 and 2 after crashes. */
export type ImageSize = 'full' | 'small';

/** A picture that fits a prompt. */
export interface BoundedImage {
  readonly image: WireImage;
  readonly width: number;
  readonly height: number;
}

/** A picture that cannot be shown, and why. */
export interface UnusableImage {
  readonly reason: string;
}

const SHORTEST_SIDE = 56;
const LONGEST_SIDE = 1000;
const LARGEST_ASPECT = 20;
const PIXELS: Record<ImageSize, number> = { full: 700_000, small: 175_000 };
const LARGEST_INPUT_PIXELS = 100_000_000;
const QUALITY = 85;

/**
 * Decodes a picture and encodes it again as a JPEG of bounded size: sides from 56 to 1000 pixels, at most 0.7 megapixels (0.175
 * when `small`), aspect ratio at most 20. Servers of the Qwen-VL family crash on smaller sides and on large pictures, and
 * whatever a file may carry besides pixels stays behind. Only raster formats are decoded: an SVG can refer to other files.
 */
export async function boundImage(bytes: Uint8Array, size: ImageSize): Promise<BoundedImage | UnusableImage> {
  if (imageTypeOf(bytes) === null) return { reason: `not a ${imageTypes} picture` };
  // sharp: prebuilt libvips through npm, decodes and re-encodes faster than anything in JavaScript, with limits on input size.
  // Loaded with the first picture: it takes as long as the rest of a short command.
  const { default: sharp } = await import('sharp');
  try {
    const source = sharp(bytes, { limitInputPixels: LARGEST_INPUT_PIXELS, failOn: 'error', animated: false }).rotate();
    const metadata = await source.metadata();
    requirePlausiblePicture(metadata, bytes.length);
    const { width, height } = orientedSize(metadata);
    if (Math.max(width, height) > LARGEST_ASPECT * Math.min(width, height))
      return { reason: `${width} x ${height} is too elongated` };
    const target = targetSize(width, height, PIXELS[size]);
    const encoded = await source
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .resize(target.width, target.height, { fit: 'fill' })
      .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer();
    return {
      ...target,
      image: { mediaType: 'image/jpeg', base64: encoded.toString('base64'), digest: digest(encoded), ...target },
    };
  } catch (thrown) {
    return {
      reason: `cannot be decoded (${thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown)})`,
    };
  }
}

/** EXIF orientations 5 to 8 lie on their side. */
function orientedSize(metadata: { width: number; height: number; orientation?: number }) {
  const { width, height, orientation = 1 } = metadata;
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** The size nearest to the original within the bounds, shape kept; the shortest side wins where bounds conflict. */
function targetSize(width: number, height: number, pixels: number): { width: number; height: number } {
  const shrink = Math.min(1, Math.sqrt(pixels / (width * height)), LONGEST_SIDE / Math.max(width, height));
  const scale = Math.max(shrink, SHORTEST_SIDE / Math.min(width, height));
  const side = (length: number) => Math.min(LONGEST_SIDE, Math.max(SHORTEST_SIDE, Math.round(length * scale)));
  return { width: side(width), height: side(height) };
}

/** Keeps re-encoded pictures, newest used last, up to `bytes` of base64: the same item is shown in many prompts. */
export class ImageCache {
  private readonly held = new Map<string, BoundedImage | UnusableImage>();
  private size = 0;

  constructor(private readonly bytes = 64_000_000) {}

  async bounded(bytes: Uint8Array, size: ImageSize): Promise<BoundedImage | UnusableImage> {
    const key = `${size} ${digest(bytes)}`;
    const known = this.held.get(key);
    const result = known ?? (await boundImage(bytes, size));
    if (this.held.delete(key)) this.size -= cost(result);
    this.held.set(key, result);
    this.size += cost(result);
    for (const [oldest, value] of this.held) {
      if (this.size <= this.bytes) break;
      this.held.delete(oldest);
      this.size -= cost(value);
    }
    return result;
  }
}

function cost(result: BoundedImage | UnusableImage): number {
  return 200 + ('image' in result ? result.image.base64.length : 0);
}
