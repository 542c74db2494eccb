import type { LabPixels } from './oklab.js';

/** Change of colour at each pixel. Planes of [height * width]; zero on the image's border. */
export interface Gradients {
  /** size of the change per pixel, in Oklab units */
  readonly magnitude: Float32Array;
  /** direction of the change, 0 to pi: 0 = along x, as at a vertical edge */
  readonly direction: Float32Array;
}

/** Colour gradients by the Sobel operator; the direction is that of the joint structure tensor of the three axes (Di Zenzo 1986). */
export function findGradients(pixels: LabPixels): Gradients {
  const { width, height } = pixels;
  const magnitude = new Float32Array(width * height);
  const direction = new Float32Array(width * height);
  const planes = [pixels.lightness, pixels.greenRed, pixels.blueYellow];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const n = y * width + x;
      let xx = 0;
      let xy = 0;
      let yy = 0;
      for (const p of planes) {
        const above = n - width;
        const below = n + width;
        const dx = (p[above + 1] + 2 * p[n + 1] + p[below + 1] - p[above - 1] - 2 * p[n - 1] - p[below - 1]) / 8;
        const dy = (p[below - 1] + 2 * p[below] + p[below + 1] - p[above - 1] - 2 * p[above] - p[above + 1]) / 8;
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
      }
      magnitude[n] = Math.sqrt(xx + yy);
      const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
      direction[n] = angle < 0 ? angle + Math.PI : angle;
    }
  }
  return { magnitude, direction };
}
