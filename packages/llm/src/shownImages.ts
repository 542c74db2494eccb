import type { Part, WireImage } from './contract.js';
import type { ImageCache } from './images.js';

/** How much of the pictures is sent: all, all but smaller, the first one smaller, none. Each crash pair goes one level down. */
export const IMAGE_LEVELS = ['full', 'smaller', 'fewer', 'none'] as const;

export interface ShownImages {
  readonly images: readonly { readonly label: string; readonly image: WireImage }[];
  /** what was left out or reduced, each one sentence */
  readonly remarks: readonly string[];
}

/** Re-encodes the pictures of a prompt at a level. Pictures that cannot be decoded are left out with the reason. */
export async function showImages(parts: readonly Part[], level: number, cache: ImageCache): Promise<ShownImages> {
  const wanted = parts.filter((part) => part.type === 'image');
  if (wanted.length === 0) return { images: [], remarks: [] };
  if (IMAGE_LEVELS[level] === 'none')
    return { images: [], remarks: ['after crashes of the server no image was shown'] };
  const bounded = await Promise.all(
    wanted.map(async ({ label, bytes }) => ({
      label,
      result: await cache.bounded(bytes, level === 0 ? 'full' : 'small'),
    })),
  );
  const remarks: string[] = [];
  const images: { label: string; image: WireImage }[] = [];
  for (const { label, result } of bounded) {
    if ('reason' in result) remarks.push(`image of ${label} left out: ${result.reason}`);
    else images.push({ label, image: result.image });
  }
  if (level > 0) remarks.push('after crashes of the server images were shown smaller');
  if (IMAGE_LEVELS[level] !== 'fewer' || images.length < 2) return { images, remarks };
  remarks.push(`after crashes of the server 1 of ${images.length} images was shown`);
  return { images: images.slice(0, 1), remarks };
}

/** The next level down after crashes, or null when nothing is left to take away. */
export function lowerLevel(level: number, images: number, imagesRequired: boolean): number | null {
  if (images === 0) return null;
  const lowest = imagesRequired ? IMAGE_LEVELS.indexOf('fewer') : IMAGE_LEVELS.indexOf('none');
  const next = level + 1;
  if (next > lowest) return null;
  // With a single image, `fewer` would repeat `smaller`.
  if (IMAGE_LEVELS[next] === 'fewer' && images === 1) return imagesRequired ? null : IMAGE_LEVELS.indexOf('none');
  return next;
}
