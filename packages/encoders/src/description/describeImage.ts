import { decodeImage } from '../pixels/decodeImage.js';
import { findGradients } from '../pixels/gradients.js';
import { type LabPixels, labAt, toLabPixels } from '../pixels/oklab.js';
import { nameColour } from './colourName.js';
import type {
  BrightnessWord,
  ColourName,
  ContrastWord,
  ImageDescription,
  NamedShare,
  ProportionWord,
} from './imageDescription.js';
import { findSubject, type Subject } from './subject.js';
import { measureTexture } from './texture.js';

/** Detail finer than this does not change the words. */
const workingSize = 96;
const smallestShare = 0.05;

/**
 * Measures an image and puts what it finds into words. Deterministic; no model, nothing learned.
 * @throws AmrError input: the file is missing or no image
 */
export async function describeImage(path: string): Promise<ImageDescription> {
  const decoded = await decodeImage(path, workingSize, 'inside');
  const pixels = toLabPixels(decoded);
  const subject = findSubject(pixels);
  const texture = measureTexture(pixels, findGradients(pixels), subject.inner);
  const { brightness, contrast } = measureLight(pixels, subject.inner);
  const names = Array.from(pixels.lightness, (_, n) => nameColour(labAt(pixels, n)));
  const subjectColours = shareOfColours(names, subject.inner);
  const words = {
    brightnessWord: brightnessWord(brightness),
    contrastWord: contrastWord(contrast),
    proportion: proportionWord(subject),
  };
  return {
    width: decoded.originalWidth,
    height: decoded.originalHeight,
    colours: shareOfColours(names, null),
    subjectColours,
    background: nameColour(subject.background),
    subjectShare: subject.pixels / (pixels.width * pixels.height),
    brightness,
    contrast,
    ...words,
    ...texture,
    detailWord: texture.edgeDensity < 0.08 ? 'smooth' : texture.edgeDensity < 0.4 ? 'detailed' : 'busy',
    words: [
      ...subjectColours.filter(({ share }) => share >= 0.15).map(({ name }) => name),
      texture.texture,
      words.brightnessWord,
      words.proportion,
    ],
  };
}

/** The names of the pixels in the mask (null = all) with their shares, largest first, ties by name. */
function shareOfColours(names: readonly ColourName[], mask: Uint8Array | null): NamedShare[] {
  const counts = new Map<ColourName, number>();
  let total = 0;
  for (const [n, name] of names.entries()) {
    if (mask && !mask[n]) continue;
    total++;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, count]) => ({ name, share: count / total }))
    .filter(({ share }) => share >= smallestShare)
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

function measureLight(pixels: LabPixels, mask: Uint8Array): { brightness: number; contrast: number } {
  let sum = 0;
  let squares = 0;
  let total = 0;
  for (let n = 0; n < mask.length; n++) {
    if (!mask[n]) continue;
    total++;
    sum += pixels.lightness[n];
    squares += pixels.lightness[n] ** 2;
  }
  const brightness = sum / total;
  return { brightness, contrast: Math.sqrt(Math.max(0, squares / total - brightness ** 2)) };
}

function brightnessWord(brightness: number): BrightnessWord {
  if (brightness < 0.4) return 'dark';
  return brightness < 0.75 ? 'medium' : 'bright';
}

function contrastWord(contrast: number): ContrastWord {
  if (contrast < 0.06) return 'low-contrast';
  return contrast < 0.18 ? 'medium-contrast' : 'high-contrast';
}

function proportionWord({ boxWidth, boxHeight }: Subject): ProportionWord {
  if (boxWidth > 1.25 * boxHeight) return 'wide';
  return boxHeight > 1.25 * boxWidth ? 'tall' : 'square';
}
