import type { Pixels } from './decodeImage.js';

/**
 * Pixels in Oklab (Ottosson 2020), a space in which equal distances look about equally different: lightness from 0 to 1, and
 * two opponent axes (green to red, blue to yellow) of about -0.4 to 0.4. Planes of [height * width].
 */
export interface LabPixels {
  readonly width: number;
  readonly height: number;
  readonly lightness: Float32Array;
  readonly greenRed: Float32Array;
  readonly blueYellow: Float32Array;
}

export type Lab = readonly [number, number, number];

/** sRGB byte to linear light (IEC 61966-2-1). */
const linear = Float64Array.from({ length: 256 }, (_, value) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** One sRGB colour in Oklab. */
export function toLab(red: number, green: number, blue: number): Lab {
  const r = linear[red];
  const g = linear[green];
  const b = linear[blue];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** All pixels in Oklab. */
export function toLabPixels({ width, height, rgb }: Pixels): LabPixels {
  const count = width * height;
  const lightness = new Float32Array(count);
  const greenRed = new Float32Array(count);
  const blueYellow = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    const lab = toLab(rgb[n * 3], rgb[n * 3 + 1], rgb[n * 3 + 2]);
    lightness[n] = lab[0];
    greenRed[n] = lab[1];
    blueYellow[n] = lab[2];
  }
  return { width, height, lightness, greenRed, blueYellow };
}

/** Colour of pixel n. */
export function labAt(pixels: LabPixels, n: number): Lab {
  return [pixels.lightness[n], pixels.greenRed[n], pixels.blueYellow[n]];
}

/** Euclidean distance: about 0.02 is just noticeable, black to white is 1. */
export function labDistance(a: Lab, b: Lab): number {
  // hypot guards against overflow, which cannot happen here, and is ten times slower.
  return Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);
}
