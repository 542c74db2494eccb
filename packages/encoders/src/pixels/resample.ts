/** The filters of image models' preprocessor files. */
export type ResampleKernel = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

/** Eight-bit pixels of three channels, row by row. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height * width * 3] uint8 */
  readonly rgb: Uint8Array;
}

/** Weights are whole multiples of 2^-22: eight bits of a pixel, two of overshoot and these fill 32. */
const weightBits = 22;

interface Filter {
  /** half the width of the filter, in pixels of the smaller image */
  readonly support: number;
  weight(x: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Interpolating filters; bicubic with a = -0.5 (Keys 1981, "Cubic convolution interpolation for digital image processing"). */
const filters: Readonly<Record<Exclude<ResampleKernel, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  bicubic: {
    support: 2,
    weight(signed) {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/**
 * Resizes as Pillow does, bit for bit, since that is what image models were trained behind: the filter widens when the image
 * shrinks, rows first and then columns, each rounded to eight bits. Libraries made for speed differ by many grey levels at sharp
 * edges and more where an image is enlarged.
 * @returns an image of its own, or the given one where nothing changes
 */
export function resample(image: RgbImage, width: number, height: number, kernel: ResampleKernel): RgbImage {
  if (kernel === 'nearest') return nearest(image, width, height);
  const across = width === image.width ? image : resampleRows(image, width, filters[kernel]);
  if (height === image.height) return across;
  // Columns are rows of the transposed image.
  return transposed(resampleRows(transposed(across), height, filters[kernel]));
}

/** For each pixel of the result the pixels it is made of, and their weights as whole numbers. */
function weightsOf(before: number, after: number, { support, weight }: Filter) {
  const scale = before / after;
  const widened = Math.max(1, scale);
  const reach = support * widened;
  const most = 2 * Math.ceil(reach) + 1;
  const starts = new Int32Array(after);
  const counts = new Int32Array(after);
  const weights = new Int32Array(after * most);
  for (let n = 0; n < after; n++) {
    const centre = (n + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(before, Math.trunc(centre + reach + 0.5));
    const own = Array.from({ length: end - start }, (_, k) => weight((start + k - centre + 0.5) / widened));
    const total = own.reduce((sum, value) => sum + value, 0);
    starts[n] = start;
    counts[n] = own.length;
    own.forEach((value, k) => {
      const share = (total === 0 ? value : value / total) * 2 ** weightBits;
      weights[n * most + k] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
  }
  return { starts, counts, weights, most };
}

function resampleRows({ width: before, height, rgb }: RgbImage, width: number, filter: Filter): RgbImage {
  const { starts, counts, weights, most } = weightsOf(before, width, filter);
  const out = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const first = 3 * (y * before + starts[x]);
      const to = 3 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 2 ** (weightBits - 1);
        for (let k = 0; k < counts[x]; k++) sum += rgb[first + 3 * k + channel] * weights[x * most + k];
        out[to + channel] = Math.max(0, Math.min(255, sum >> weightBits));
      }
    }
  }
  return { width, height, rgb: out };
}

function transposed({ width, height, rgb }: RgbImage): RgbImage {
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      const to = 3 * (x * height + y);
      out[to] = rgb[from];
      out[to + 1] = rgb[from + 1];
      out[to + 2] = rgb[from + 2];
    }
  }
  return { width: height, height: width, rgb: out };
}

function nearest({ width: before, height: beforeHeight, rgb }: RgbImage, width: number, height: number): RgbImage {
  const out = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * beforeHeight) / height);
    for (let x = 0; x < width; x++) {
      const from = 3 * (row * before + Math.floor(((x + 0.5) * before) / width));
      out.set(rgb.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, rgb: out };
}
