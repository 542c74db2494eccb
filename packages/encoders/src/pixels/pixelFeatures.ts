import type { Pixels } from './decodeImage.js';
import { findGradients, type Gradients } from './gradients.js';
import { type LabPixels, toLabPixels } from './oklab.js';

/** The blocks of a pixel vector, in order: name, width, share of the squared length. */
export const pixelBlocks = [
  { name: 'colours', width: 116, share: 0.25 },
  { name: 'colours of the middle', width: 116, share: 0.25 },
  { name: 'layout', width: 48, share: 0.12 },
  { name: 'edges by place', width: 128, share: 0.14 },
  { name: 'edges by strength', width: 24, share: 0.06 },
  { name: 'local patterns', width: 20, share: 0.06 },
  { name: 'repetition', width: 32, share: 0.08 },
  { name: 'light', width: 28, share: 0.04 },
] as const;

/** Side of the image that is measured. */
export const pixelSide = 64;
const greyBins = 8;
const hueBins = 12;
const chromaBounds = [0.04, 0.09, 0.15];
const lightBounds = [0.45, 0.7];
const gridSide = 4;
const cell = pixelSide / gridSide;

/** [512] one image as a unit vector of colour, layout, edge and texture measurements. */
export function pixelFeatures(image: Pixels): Float32Array {
  const pixels = toLabPixels(image);
  const gradients = findGradients(pixels);
  const blocks = [
    colourHistogram(pixels, false),
    colourHistogram(pixels, true),
    layoutColours(pixels),
    edgesByPlace(gradients),
    edgesByStrength(gradients),
    localPatterns(pixels),
    repetition(pixels),
    lightProfile(pixels),
  ];
  const out = new Float32Array(pixelBlocks.reduce((sum, { width }) => sum + width, 0));
  let at = 0;
  blocks.forEach((block, n) => {
    const norm = Math.sqrt(block.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0)
      out.set(
        Float32Array.from(block, (v) => (v / norm) * Math.sqrt(pixelBlocks[n].share)),
        at,
      );
    at += pixelBlocks[n].width;
  });
  return unit(out);
}

/** In place; a zero vector stays zero. */
function unit(vector: Float32Array): Float32Array {
  let norm = 0;
  for (const value of vector) norm += value * value;
  if (norm > 0) for (let n = 0; n < vector.length; n++) vector[n] /= Math.sqrt(norm);
  return vector;
}

/**
 * Shares of 8 greys and 12 hues x 3 chromas x 3 lightnesses, as square roots (so that the inner product of two histograms is
 * their Bhattacharyya coefficient). Hue and grey bins are filled softly: neighbours share what lies between them.
 */
function colourHistogram({ lightness, greenRed, blueYellow }: LabPixels, middle: boolean): Float64Array {
  const bins = new Float64Array(greyBins + hueBins * 9);
  for (let n = 0; n < lightness.length; n++) {
    const weight = middle ? middleWeight(n) : 1;
    const chroma = Math.sqrt(greenRed[n] ** 2 + blueYellow[n] ** 2);
    if (chroma < chromaBounds[0]) {
      const grey = Math.min(Math.max(lightness[n], 0), 1) * (greyBins - 1);
      addSoftly(bins, { start: 0, count: greyBins, round: false }, grey, weight);
      continue;
    }
    const hue = (Math.atan2(blueYellow[n], greenRed[n]) / (2 * Math.PI) + 1) * hueBins;
    const strength = chroma < chromaBounds[1] ? 0 : chroma < chromaBounds[2] ? 1 : 2;
    const light = lightness[n] < lightBounds[0] ? 0 : lightness[n] < lightBounds[1] ? 1 : 2;
    const start = greyBins + (strength * 3 + light) * hueBins;
    addSoftly(bins, { start, count: hueBins, round: true }, hue, weight);
  }
  return bins.map(Math.sqrt);
}

/** A run of bins; where it is round the last is beside the first. */
interface Bins {
  readonly start: number;
  readonly count: number;
  readonly round: boolean;
}

/** Adds a weight to the two bins about a place, the nearer the more. */
function addSoftly(bins: Float64Array, { start, count, round }: Bins, place: number, weight: number): void {
  const low = Math.floor(place);
  const high = low + 1;
  const wrap = (bin: number) => (round ? ((bin % count) + count) % count : Math.min(bin, count - 1));
  bins[start + wrap(low)] += weight * (high - place);
  bins[start + wrap(high)] += weight * (place - low);
}

/** Bell around the middle of the image. */
function middleWeight(n: number): number {
  const x = (n % pixelSide) / (pixelSide - 1) - 0.5;
  const y = Math.floor(n / pixelSide) / (pixelSide - 1) - 0.5;
  return Math.exp(-(x * x + y * y) / (2 * 0.18 ** 2));
}

function cellOf(n: number): number {
  return Math.floor(n / pixelSide / cell) * gridSide + Math.floor((n % pixelSide) / cell);
}

/** Mean colour of each of 4 x 4 cells, lightness from its middle. */
function layoutColours({ lightness, greenRed, blueYellow }: LabPixels): Float64Array {
  const sums = new Float64Array(gridSide * gridSide * 3);
  for (let n = 0; n < lightness.length; n++) {
    const at = cellOf(n) * 3;
    sums[at] += lightness[n] - 0.5;
    sums[at + 1] += greenRed[n];
    sums[at + 2] += blueYellow[n];
  }
  return sums;
}

/** Gradient energy by cell and 8 directions (in the manner of Dalal and Triggs 2005), square roots. */
function edgesByPlace({ magnitude, direction }: Gradients): Float64Array {
  const bins = new Float64Array(gridSide * gridSide * 8);
  for (let n = 0; n < magnitude.length; n++) bins[cellOf(n) * 8 + directionBin(direction[n])] += magnitude[n];
  return bins.map(Math.sqrt);
}

function directionBin(direction: number): number {
  return Math.floor((direction / Math.PI) * 8) % 8;
}

/** Pixels by 8 directions and 3 strengths of their gradient, square roots. */
function edgesByStrength({ magnitude, direction }: Gradients): Float64Array {
  const bins = new Float64Array(24);
  for (let n = 0; n < magnitude.length; n++) {
    const strength = magnitude[n] < 0.02 ? -1 : magnitude[n] < 0.06 ? 0 : magnitude[n] < 0.12 ? 1 : 2;
    if (strength >= 0) bins[strength * 8 + directionBin(direction[n])]++;
  }
  return bins.map(Math.sqrt);
}

/** Rotation-invariant uniform local binary patterns at distances 1 and 3 (Ojala et al. 2002), square roots of counts. */
function localPatterns({ lightness }: LabPixels): Float64Array {
  const bins = new Float64Array(20);
  [1, 3].forEach((distance, scale) => {
    const ring = [
      [1, 0],
      [1, 1],
      [0, 1],
      [-1, 1],
      [-1, 0],
      [-1, -1],
      [0, -1],
      [1, -1],
    ].map(([x, y]) => (y * pixelSide + x) * distance);
    for (let y = distance; y < pixelSide - distance; y++) {
      for (let x = distance; x < pixelSide - distance; x++) {
        const n = y * pixelSide + x;
        // The margin keeps flat areas from being decided by rounding.
        const brighter = ring.map((step) => (lightness[n + step] > lightness[n] + 0.01 ? 1 : 0));
        const changes = brighter.filter((bit, at) => bit !== brighter[(at + 1) % 8]).length;
        const ones = brighter.filter((bit) => bit === 1).length;
        bins[scale * 10 + (changes <= 2 ? ones : 9)]++;
      }
    }
  });
  return bins.map(Math.sqrt);
}

/** How like itself the middle of the image is when moved by 1 to 16 pixels along x, then along y: shows stripes and grids. */
function repetition({ lightness }: LabPixels): Float64Array {
  const out = new Float64Array(32);
  const from = pixelSide / 4;
  const to = pixelSide - from;
  let mean = 0;
  for (let y = from; y < to; y++) for (let x = from; x < to; x++) mean += lightness[y * pixelSide + x];
  mean /= (to - from) ** 2;
  const at = (x: number, y: number) => lightness[y * pixelSide + x] - mean;
  let power = 0;
  for (let y = from; y < to; y++) for (let x = from; x < to; x++) power += at(x, y) ** 2;
  if (power < 1e-6) return out;
  for (let lag = 1; lag <= 16; lag++) {
    let alongX = 0;
    let alongY = 0;
    for (let y = from; y < to; y++) {
      for (let x = from; x < to; x++) {
        alongX += at(x, y) * at(x + lag, y);
        alongY += at(x, y) * at(x, y + lag);
      }
    }
    out[lag - 1] = alongX / power;
    out[15 + lag] = alongY / power;
  }
  return out;
}

/** Histogram of lightness (16) and mean lightness of 6 columns and 6 rows from the image's mean. */
function lightProfile({ lightness }: LabPixels): Float64Array {
  const out = new Float64Array(28);
  const mean = lightness.reduce((sum, value) => sum + value, 0) / lightness.length;
  const counts = new Float64Array(16);
  for (let n = 0; n < lightness.length; n++) {
    counts[Math.min(15, Math.max(0, Math.floor(lightness[n] * 16)))]++;
    const share = (lightness[n] - mean) / lightness.length;
    out[16 + Math.floor(((n % pixelSide) * 6) / pixelSide)] += 6 * share;
    out[22 + Math.floor((Math.floor(n / pixelSide) * 6) / pixelSide)] += 6 * share;
  }
  for (let n = 0; n < 16; n++) out[n] = Math.sqrt(counts[n] / lightness.length);
  return out;
}
