import { type Lab, type LabPixels, labAt, labDistance } from '../pixels/oklab.js';
import { erode, findRegions, type Region } from './regions.js';

/** What differs from the border of an image. */
export interface Subject {
  /** [height * width] 0 or 1 */
  readonly mask: Uint8Array;
  /** the mask without its rim, where outlines and shadows blend with the background; [height * width] */
  readonly inner: Uint8Array;
  readonly pixels: number;
  /** size of the bounding box in pixels */
  readonly boxWidth: number;
  readonly boxHeight: number;
  /** main colour of the border */
  readonly background: Lab;
}

/** Colours nearer than this to a border colour count as background; noise and soft shadows stay below. */
const backgroundDistance = 0.09;
/** A border colour counts from this part of the border on. */
const borderShare = 0.04;
const rimPixels = 3;

/**
 * Finds the subject: background is what has a border colour and hangs together with the border; of the rest, the largest region.
 * Where that is next to nothing or everything, the middle of the image stands in.
 */
export function findSubject(pixels: LabPixels): Subject {
  const { width, height } = pixels;
  const borderColours = clusterBorder(pixels);
  const likeBackground = new Uint8Array(width * height);
  for (let n = 0; n < likeBackground.length; n++) {
    const lab = labAt(pixels, n);
    likeBackground[n] = borderColours.some((colour) => labDistance(colour, lab) < backgroundDistance) ? 1 : 0;
  }
  const mask = new Uint8Array(width * height).fill(1);
  for (const region of findRegions(likeBackground, width, height)) {
    if (touchesBorder(region, width, height)) for (const n of region.pixels) mask[n] = 0;
  }
  const largest = findRegions(mask, width, height).reduce<Region | null>(
    (best, region) => (best === null || region.pixels.length > best.pixels.length ? region : best),
    null,
  );
  const share = (largest?.pixels.length ?? 0) / mask.length;
  const region = largest !== null && share >= 0.03 && share <= 0.97 ? largest : middle(width, height);
  return describe(region, width, height, borderColours[0]);
}

function describe(region: Region, width: number, height: number, background: Lab): Subject {
  const mask = new Uint8Array(width * height);
  for (const n of region.pixels) mask[n] = 1;
  let inner: Uint8Array = mask;
  for (let step = 0; step < rimPixels; step++) {
    const smaller = erode(inner, width, height);
    // A thin subject is all rim: better measure it whole than not at all.
    if (count(smaller) < Math.max(16, 0.2 * region.pixels.length)) break;
    inner = smaller;
  }
  return {
    mask,
    inner,
    pixels: region.pixels.length,
    boxWidth: region.right - region.left + 1,
    boxHeight: region.bottom - region.top + 1,
    background,
  };
}

/** Main colours of the outermost pixels, most frequent first; at least one. */
function clusterBorder(pixels: LabPixels): Lab[] {
  const { width, height } = pixels;
  const clusters: { sum: [number, number, number]; count: number }[] = [];
  let total = 0;
  for (let y = 0; y < height; y++) {
    const edgeRow = y === 0 || y === height - 1;
    for (let x = 0; x < width; x += edgeRow ? 1 : Math.max(1, width - 1)) {
      const lab = labAt(pixels, y * width + x);
      total++;
      const near = clusters.find((cluster) => labDistance(centre(cluster), lab) < backgroundDistance);
      if (near) {
        near.count++;
        for (let axis = 0; axis < 3; axis++) near.sum[axis] += lab[axis];
      } else {
        clusters.push({ sum: [...lab], count: 1 });
      }
    }
  }
  clusters.sort((a, b) => b.count - a.count);
  return clusters.filter((cluster, n) => n === 0 || cluster.count >= borderShare * total).map(centre);
}

function centre({ sum, count }: { sum: readonly number[]; count: number }): Lab {
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

function touchesBorder(region: Region, width: number, height: number): boolean {
  return region.left === 0 || region.top === 0 || region.right === width - 1 || region.bottom === height - 1;
}

/** The middle half of the image in each direction. */
function middle(width: number, height: number): Region {
  const left = Math.floor(width / 4);
  const top = Math.floor(height / 4);
  const right = Math.max(left, width - 1 - left);
  const bottom = Math.max(top, height - 1 - top);
  const pixels: number[] = [];
  for (let y = top; y <= bottom; y++) for (let x = left; x <= right; x++) pixels.push(y * width + x);
  return { pixels: Int32Array.from(pixels), left, right, top, bottom };
}

function count(mask: Uint8Array): number {
  let n = 0;
  for (const value of mask) n += value;
  return n;
}
