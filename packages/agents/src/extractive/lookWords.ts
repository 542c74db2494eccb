import { type Matrix, matrix, RandomStreams } from '@agentmmrec/core';
import type { ItemContent, TrainingData } from '@agentmmrec/datasets';
import type { Device, Floats } from '@agentmmrec/kernels';
import type { Reasoner } from '../reasoning/reasoner.js';

/** Clusters at each level, coarse to fine: what two items share of them says how alike they look. */
const levels = [16, 64, 256] as const;
/** Items a cluster at least, on average: smaller ones are single items. */
const itemsPerCluster = 4;
/** Wider vectors are projected to this many random directions, which keeps angles (Johnson and Lindenstrauss 1984). */
const projectedWidth = 64;
const rounds = 12;

/**
 * Training data whose items have visual words where there are feature vectors of images and no pictures (a file of a network's outputs):
 * clusters of the vectors at three levels, one word each. For reasoners that match words and do not read them; for others, and
 * where an item has its picture, nothing changes. Deterministic; only the items' own features are looked at.
 */
export function withLookWords(
  training: TrainingData,
  reasoner: Pick<Reasoner, 'matchesLookWords'>,
  device: Device,
): TrainingData {
  const { content, items } = training;
  const image = looksOf(training);
  const pictured = content?.some(({ imagePath }) => imagePath !== null) ?? false;
  if (!reasoner.matchesLookWords || !image || pictured) return training;
  const words = lookWords(image.matrix, device);
  return {
    ...training,
    content: Array.from(
      { length: items },
      (_, item): ItemContent => ({ ...(content?.[item] ?? nothing), lookWords: words[item] }),
    ),
  };
}

/** Whether items have feature vectors of images that words can be made of. */
export function hasLooks(training: TrainingData): boolean {
  return looksOf(training) !== undefined;
}

function looksOf({ features }: TrainingData) {
  return features.find(({ modality, synthetic }) => modality === 'image' && !synthetic);
}

const nothing: ItemContent = { title: '', brand: '', categories: [], description: '', imagePath: null };

/** The words of each row, one a level: `look16n3` is cluster 3 of 16. A zero row has none; levels with too few rows are left out. */
export function lookWords(features: Matrix, device: Device): string[][] {
  const rows = unitRows(narrow(features, device));
  const isZero = Array.from({ length: rows.rows }, (_, r) =>
    features.data.subarray(r * features.cols, (r + 1) * features.cols).every((value) => value === 0),
  );
  const known = Int32Array.from(isZero.keys()).filter((r) => !isZero[r]);
  const words: string[][] = Array.from({ length: rows.rows }, () => []);
  for (const clusters of levels) {
    if (known.length < clusters * itemsPerCluster) continue;
    const place = clustersOf(rows, known, clusters, device);
    for (const r of known) words[r].push(`look${clusters}n${place[r]}`);
  }
  return words;
}

/** Columns of mean 0 and variance 1, and no more than `projectedWidth` of them. */
function narrow({ rows, cols, data }: Matrix, device: Device): Matrix {
  const centred = standardised({ rows, cols, data });
  if (cols <= projectedWidth) return centred;
  const stream = new RandomStreams(1).stream('directions of visual words');
  const directions = Float32Array.from({ length: cols * projectedWidth }, () => stream.normal());
  return device.reclaimOnFailure(() => {
    const [a, b] = [device.upload(centred.data), device.upload(directions)];
    const out = device.floats(rows * projectedWidth, 'any');
    device.kernels.gemm({ out, a, b, m: rows, n: projectedWidth, k: cols });
    const narrowed = matrix(rows, projectedWidth, device.read(out).slice());
    for (const memory of [a, b, out]) device.release(memory);
    return narrowed;
  });
}

function standardised({ rows, cols, data }: Matrix): Matrix {
  const out = matrix(rows, cols);
  for (let c = 0; c < cols; c++) {
    let [sum, squares] = [0, 0];
    for (let r = 0; r < rows; r++) sum += data[r * cols + c];
    const mean = sum / rows;
    for (let r = 0; r < rows; r++) squares += (data[r * cols + c] - mean) ** 2;
    const deviation = Math.sqrt(squares / rows);
    const scale = deviation > 1e-6 * Math.abs(mean) ? 1 / deviation : 0;
    for (let r = 0; r < rows; r++) out.data[r * cols + c] = (data[r * cols + c] - mean) * scale;
  }
  return out;
}

/** Spherical k-means (Dhillon and Modha 2001, section 3): the cluster of each row [rows]. */
function clustersOf(units: Matrix, known: Int32Array, clusters: number, device: Device): Int32Array {
  const { rows, cols, data } = units;
  const centres = firstCentres(units, known, clusters);
  return device.reclaimOnFailure(() => {
    const queries = device.upload(data);
    const [indices, scores] = [device.ints(rows), device.floats(rows)];
    let place = new Int32Array(rows);
    for (let round = 0; round < rounds; round++) {
      const keys = device.upload(centres.slice());
      device.kernels.cosineTopK({ indices, scores, queries, keys, d: cols, k: 1, excludeSelf: false });
      device.release(keys);
      const next = device.read(indices).slice();
      if (round > 0 && next.every((cluster, r) => cluster === place[r])) break;
      place = next;
      moveCentres(centres, units, known, place);
    }
    for (const memory of [queries, indices, scores] as (Floats | typeof indices)[]) device.release(memory);
    return place;
  });
}

/** Unit rows drawn one after the other, each with probability in proportion to 1 - its cosine to the nearest so far (Arthur and Vassilvitskii 2007). */
function firstCentres({ cols, data }: Matrix, known: Int32Array, clusters: number): Float32Array {
  const stream = new RandomStreams(1).stream('visual words', clusters);
  const centres = new Float32Array(clusters * cols);
  const distances = new Float64Array(known.length).fill(1);
  for (let made = 0; made < clusters; made++) {
    let rest = stream.uniform() * distances.reduce((sum, distance) => sum + distance, 0);
    let at = 0;
    for (; at < known.length - 1; at++) {
      rest -= distances[at];
      if (rest < 0) break;
    }
    const from = known[at] * cols;
    centres.set(data.subarray(from, from + cols), made * cols);
    known.forEach((r, n) => {
      let cosine = 0;
      for (let c = 0; c < cols; c++) cosine += data[r * cols + c] * data[from + c];
      distances[n] = Math.max(0, Math.min(distances[n], 1 - cosine));
    });
  }
  return centres;
}

function unitRows({ rows, cols, data }: Matrix): Matrix {
  const out = matrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    let squares = 0;
    for (let c = 0; c < cols; c++) squares += data[r * cols + c] ** 2;
    for (let c = 0; c < cols && squares > 0; c++) out.data[r * cols + c] = data[r * cols + c] / Math.sqrt(squares);
  }
  return out;
}

/** Each centre becomes the sum of the unit rows of its cluster; an empty one stays. */
function moveCentres(centres: Float32Array, units: Matrix, known: Int32Array, place: Int32Array): void {
  const { cols, data } = units;
  const sums = new Float64Array(centres.length);
  const counts = new Int32Array(centres.length / cols);
  for (const r of known) {
    for (let c = 0; c < cols; c++) sums[place[r] * cols + c] += data[r * cols + c];
    counts[place[r]]++;
  }
  counts.forEach((count, cluster) => {
    if (count > 0) centres.set(sums.subarray(cluster * cols, (cluster + 1) * cols), cluster * cols);
  });
}
