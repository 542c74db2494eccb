import type { Part, WireImage } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import type { ImageCache } from './images.js';

/** Stands for whichever picture a prompt has. */
export const ANY_IMAGE = 'any';

/** How much of the pictures is sent: all, all but smaller, the first one smaller, none. Each crash pair goes one level down. */
const IMAGE_LEVELS = ['full', 'smaller', 'fewer', 'none'] as const;

export interface ShownImages {
  readonly images: readonly { readonly label: string; readonly image: WireImage }[];
  /** what was left out or reduced, each one sentence */
  readonly remarks: readonly string[];
}

/**
 * Re-encodes the pictures of a prompt at a level. Pictures that cannot be decoded are left out with the reason.
 * @param required label of the picture that stays when there are fewer; the first one else
 * @param most pictures that the server takes
 */
export async function showImages(
  parts: readonly Part[],
  level: number,
  cache: ImageCache,
  { required, most = Number.POSITIVE_INFINITY }: { readonly required?: string; readonly most?: number } = {},
): Promise<ShownImages> {
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
  if (images.length > most) {
    remarks.push(`${most} of ${images.length} images were shown: the server takes no more`);
    const first = images.findIndex(({ label }) => label === required);
    if (first > 0) images.unshift(...images.splice(first, 1));
    images.length = most;
  }
  if (level > 0) remarks.push('after crashes of the server images were shown smaller');
  if (IMAGE_LEVELS[level] !== 'fewer' || images.length < 2) return { images, remarks };
  remarks.push(`after crashes of the server 1 of ${images.length} images was shown`);
  return { images: [images.find(({ label }) => label === required) ?? images[0]], remarks };
}

/** @throws LlmError noImage, with the remarks, when the picture that an answer must be seen from is not among those shown */
export function requireImage(
  { requiredImage, task }: { readonly requiredImage?: string; readonly task: string },
  shown: readonly { readonly label: string }[],
  remarks: readonly string[],
): void {
  if (requiredImage === undefined) return;
  const anyWillDo = requiredImage === ANY_IMAGE;
  if (shown.some(({ label }) => anyWillDo || label === requiredImage)) return;
  throw new LlmError({
    fault: 'noImage',
    what: task,
    got: `no usable image (${remarks.join('; ') || 'none'})`,
    expected: anyWillDo ? 'at least one' : `that of ${requiredImage}`,
  });
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
