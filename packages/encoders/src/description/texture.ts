import type { Gradients } from '../pixels/gradients.js';
import { type Lab, type LabPixels, labAt, labDistance } from '../pixels/oklab.js';
import type { OrientationWord, TextureWord } from './imageDescription.js';
import { findRegions, type Region } from './regions.js';

/** A change of colour per pixel that the eye takes for an edge. */
const edgeStrength = 0.05;
const directions = 16;
/** Regions of fewer pixels are crumbs of the separation into two colours. */
const smallestMark = 4;

export interface Texture {
  readonly edgeDensity: number;
  readonly orientation: OrientationWord;
  readonly texture: TextureWord;
}

/** Edges and pattern of the pixels inside the subject. */
export function measureTexture(pixels: LabPixels, gradients: Gradients, inner: Uint8Array): Texture {
  const energy = new Float64Array(directions);
  let edges = 0;
  let total = 0;
  for (let n = 0; n < inner.length; n++) {
    if (!inner[n]) continue;
    total++;
    if (gradients.magnitude[n] < edgeStrength) continue;
    edges++;
    energy[Math.floor((gradients.direction[n] / Math.PI) * directions) % directions] += gradients.magnitude[n];
  }
  const edgeDensity = total === 0 ? 0 : edges / total;
  const sum = energy.reduce((a, b) => a + b, 0);
  const shares = sum > 0 ? energy.map((value) => value / sum) : energy;
  return {
    edgeDensity,
    orientation: orientationWord(shares, sum),
    texture: classify(pixels, inner, edgeDensity, shares),
  };
}

/** Share of the energy within about 17 degrees of a direction. */
function around(shares: Float64Array, direction: number): number {
  const at = (n: number) => shares[(n + directions) % directions];
  return at(direction - 1) + at(direction) + at(direction + 1);
}

function mainDirection(shares: Float64Array): number {
  let best = 0;
  for (let n = 1; n < directions; n++) if (around(shares, n) > around(shares, best)) best = n;
  return best;
}

/** An edge runs across the direction in which the colour changes. */
function orientationWord(shares: Float64Array, energy: number): OrientationWord {
  const main = mainDirection(shares);
  if (energy === 0 || around(shares, main) < 0.45) return 'mixed';
  const degrees = (main * 180) / directions;
  if (degrees <= 22.5 || degrees >= 157.5) return 'vertical';
  return degrees >= 67.5 && degrees <= 112.5 ? 'horizontal' : 'diagonal';
}

/**
 * A pattern is two colours that alternate: bands in one direction are stripes, a net in two directions is a check, separate
 * round marks are dots. Anything else with many edges is textured.
 */
function classify(pixels: LabPixels, inner: Uint8Array, edgeDensity: number, shares: Float64Array): TextureWord {
  if (edgeDensity < 0.05) return 'plain';
  const otherwise = edgeDensity > 0.5 ? 'textured' : 'plain';
  const marks = separateTwoColours(pixels, inner);
  if (marks === null) return otherwise;
  const main = mainDirection(shares);
  const along = around(shares, main);
  const across = around(shares, main + directions / 2);
  const { width, height } = pixels;
  const regionsOf = (mask: Uint8Array) =>
    findRegions(mask, width, height).filter(({ pixels: found }) => found.length >= smallestMark);
  const fewer = regionsOf(marks.fewer);
  const more = regionsOf(marks.more);
  if (along >= 0.6 && across < 0.25 && fewer.length + more.length >= 4) return 'striped';
  if (along + across >= 0.6 && across >= 0.18 && Math.max(fewer.length, more.length) >= 4) return 'checked';
  if (fewer.filter(isCompact).length >= 4 && fewer.length > more.length) return 'dotted';
  return otherwise;
}

/** About as wide as high and filling most of its box. */
function isCompact({ pixels, left, right, top, bottom }: Region): boolean {
  const width = right - left + 1;
  const height = bottom - top + 1;
  return width <= 2.2 * height && height <= 2.2 * width && pixels.length >= 0.55 * width * height;
}

/** The two main colours of the pixels (2-means in Oklab), or null where there is only one. */
function separateTwoColours(pixels: LabPixels, inner: Uint8Array): { fewer: Uint8Array; more: Uint8Array } | null {
  const positions: number[] = [];
  for (let n = 0; n < inner.length; n++) if (inner[n]) positions.push(n);
  if (positions.length < 16) return null;
  const labs = positions.map((n) => labAt(pixels, n));
  let centres: [Lab, Lab] = farthestPair(labs);
  let second: boolean[] = [];
  for (let round = 0; round < 12; round++) {
    second = labs.map((lab) => labDistance(lab, centres[1]) < labDistance(lab, centres[0]));
    const mean = (side: boolean) => meanOf(labs.filter((_, n) => second[n] === side));
    const next: [Lab | null, Lab | null] = [mean(false), mean(true)];
    if (next[0] === null || next[1] === null) return null;
    centres = [next[0], next[1]];
  }
  const ones = second.filter(Boolean).length;
  const share = Math.min(ones, labs.length - ones) / labs.length;
  if (labDistance(centres[0], centres[1]) < 0.1 || share < 0.08) return null;
  const fewerIsSecond = ones * 2 <= labs.length;
  const fewer = new Uint8Array(inner.length);
  const more = new Uint8Array(inner.length);
  positions.forEach((n, at) => {
    (second[at] === fewerIsSecond ? fewer : more)[n] = 1;
  });
  return { fewer, more };
}

/** The colour farthest from the mean, and the one farthest from that: a start for 2-means without chance. */
function farthestPair(labs: readonly Lab[]): [Lab, Lab] {
  const farthest = (from: Lab) =>
    labs.reduce((best, lab) => (labDistance(lab, from) > labDistance(best, from) ? lab : best), labs[0]);
  const first = farthest(meanOf(labs) ?? labs[0]);
  return [first, farthest(first)];
}

function meanOf(labs: readonly Lab[]): Lab | null {
  if (labs.length === 0) return null;
  const sum = [0, 0, 0];
  for (const lab of labs) for (let axis = 0; axis < 3; axis++) sum[axis] += lab[axis];
  return [sum[0] / labs.length, sum[1] / labs.length, sum[2] / labs.length];
}
