import { type Matrix, matrix, type RandomStream } from '@agentmmrec/core';
import type { Device, Floats } from '@agentmmrec/kernels';

/** Share of the features' energy (the sum of their squares) that a basis keeps where nobody says how many directions. */
const keptShare = 0.999;
/** What float32 sums leave uncertain: features of which less is left out lie in the basis as they are. */
const uncertainShare = 1e-6;
/** Along one direction: less than this is rounding. */
const certainShare = 1e-10;
/** Directions of a basis come in sixteens, as the lanes of the widest vectors do. */
const multiple = 16;
/** Turns of the subspace: the shares of directions that differ by a tenth are told apart by then. */
const turns = 5;
/** Rows that are made orthogonal to each other at once, in float64 on the host. */
const blockRows = 64;
/** Probes of the spread of the spectrum. */
const probes = 64;

/**
 * An orthonormal basis [width, rank] of the leading directions of the rows of x [n, width], largest share first: right singular vectors
 * of x by subspace iteration with x'x (Halko, Martinsson and Tropp 2011, "Finding structure with randomness", algorithm 4.4).
 *
 * `rank` a number: that many directions, fewer where x has no more. `rank` 'auto': all directions where they are few, else the
 * fewest that keep 99.9 % of the energy; null where those are more than half the width, for then there is little to gain.
 */
export function featureBasis(device: Device, x: Matrix, rank: number | 'auto', stream: RandomStream): Matrix | null {
  const { rows, cols: width } = x;
  const most = rank === 'auto' ? Math.floor(width / 2) : Math.min(rank, width);
  const energy = energyOf(x.data);
  if (energy === 0 || most === 0) return null;
  return device.reclaimOnFailure(() => {
    const table = device.upload(x.data);
    if (rank === 'auto' && leastRank(device, table, [rows, width], energy, stream) > 1.2 * most) {
      device.release(table);
      return null;
    }
    const gram = device.floats(width * width, 'any');
    device.kernels.gemm({ out: gram, a: table, b: table, m: width, n: width, k: rows, transposeA: true });
    device.release(table);
    // some more directions than are asked for make those that are asked for come out right
    let count = rank === 'auto' ? 128 : most + 32;
    for (;;) {
      count = Math.min(count, width);
      const found = leadingDirections(device, gram, width, count, stream);
      const wanted = rank === 'auto' ? enough(found.energies, energy, width) : most;
      const isLast = rank !== 'auto' || count === width || count >= most + 32;
      if (wanted !== null && wanted <= most) {
        device.release(gram);
        return basisOf(
          found.rows,
          width,
          Math.min(wanted, found.energies.filter((one) => one > certainShare * energy).length),
        );
      }
      if (isLast) {
        device.release(gram);
        return null;
      }
      count = Math.min(2 * count, most + 32);
    }
  });
}

/**
 * No fewer directions than this keep the share: r eigenvalues of x'x sum to at most sqrt(r * sum of all their squares) (Cauchy-Schwarz).
 * The sum of squares is E|x'x g|^2 over normal g (Hutchinson), so the bound is an estimate.
 */
function leastRank(
  device: Device,
  table: Floats,
  [rows, width]: readonly [number, number],
  energy: number,
  stream: RandomStream,
): number {
  const [drawn, through, back] = [width, rows, width].map((length) => device.floats(length * probes, 'any'));
  device.write(
    drawn,
    Float32Array.from({ length: width * probes }, () => stream.normal()),
  );
  device.kernels.gemm({ out: through, a: table, b: drawn, m: rows, n: probes, k: width });
  device.kernels.gemm({ out: back, a: table, b: through, m: width, n: probes, k: rows, transposeA: true });
  const squares = energyOf(device.read(back)) / probes;
  for (const memory of [drawn, through, back]) device.release(memory);
  return (keptShare * energy) ** 2 / squares;
}

interface Directions {
  /** [count, width] orthonormal rows, largest energy first; zero beyond the rank */
  readonly rows: Float32Array;
  /** of each row: what of the features' energy lies along it */
  readonly energies: readonly number[];
}

function leadingDirections(
  device: Device,
  gram: Floats,
  width: number,
  count: number,
  stream: RandomStream,
): Directions {
  const rows = device.floats(count * width, 'any');
  const turned = device.floats(count * width, 'any');
  device.write(
    turned,
    Float32Array.from({ length: count * width }, () => stream.normal()),
  );
  for (let turn = 0; turn < turns; turn++) {
    if (turn === 0) device.kernels.gemm({ out: rows, a: turned, b: gram, m: count, n: width, k: width });
    else device.kernels.axpby({ out: rows, x: turned, alpha: 1, beta: 0 });
    orthonormalise(device, rows, count, width);
    device.kernels.gemm({ out: turned, a: rows, b: gram, m: count, n: width, k: width });
  }
  const [own, along] = [device.read(rows), device.read(turned)];
  const energies = Array.from({ length: count }, (_, r) => {
    let sum = 0;
    for (let c = r * width; c < (r + 1) * width; c++) sum += own[c] * along[c];
    return Math.max(0, sum);
  });
  const order = energies.map((_, r) => r).sort((a, b) => energies[b] - energies[a] || a - b);
  const sorted = new Float32Array(count * width);
  order.forEach((from, to) => {
    sorted.set(own.subarray(from * width, (from + 1) * width), to * width);
  });
  for (const memory of [rows, turned]) device.release(memory);
  return { rows: sorted, energies: order.map((r) => energies[r]) };
}

/** Rows [count, width] in place, each orthogonal to those before and of length 1; zero where it depends on them. */
function orthonormalise(device: Device, rows: Floats, count: number, width: number): void {
  const shares = device.floats(blockRows * count, 'any');
  for (let first = 0; first < count; first += blockRows) {
    const size = Math.min(blockRows, count - first);
    const block = rows.subarray(first * width, (first + size) * width);
    const lengths = lengthsOf(device.read(block), size, width);
    for (let pass = 0; pass < 2 && first > 0; pass++) {
      const before = rows.subarray(0, first * width);
      const along = shares.subarray(0, size * first);
      device.kernels.gemm({ out: along, a: block, b: before, m: size, n: first, k: width, transposeB: true });
      device.kernels.gemm({ out: block, a: along, b: before, m: size, n: width, k: first, alpha: -1, beta: 1 });
    }
    device.write(block, orthonormalBlock(device.read(block), lengths, width));
  }
  device.release(shares);
}

/** Gram-Schmidt, twice over each row. @param lengths of the rows before anything was taken from them */
function orthonormalBlock(block: Float32Array, lengths: readonly number[], width: number): Float32Array {
  const done: Float64Array[] = [];
  lengths.forEach((before, r) => {
    const left = Float64Array.from(block.subarray(r * width, (r + 1) * width));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        let along = 0;
        for (let c = 0; c < width; c++) along += left[c] * other[c];
        for (let c = 0; c < width; c++) left[c] -= along * other[c];
      }
    }
    const length = Math.sqrt(energyOf(left));
    const scale = length > 1e-5 * before ? 1 / length : 0;
    done.push(left.map((value) => value * scale));
  });
  const out = new Float32Array(block.length);
  done.forEach((row, r) => {
    out.set(row, r * width);
  });
  return out;
}

/** How many of the directions are enough; null: all of them are not. */
function enough(energies: readonly number[], energy: number, width: number): number | null {
  const reach = (share: number): number | null => {
    let sum = 0;
    for (const [at, one] of energies.entries()) {
      sum += one;
      if (sum >= share * energy) return Math.ceil((at + 1) / multiple) * multiple;
    }
    return null;
  };
  const all = reach(1 - uncertainShare);
  return all !== null && all <= width / 8 ? all : reach(keptShare);
}

function basisOf(rows: Float32Array, width: number, rank: number): Matrix {
  const basis = matrix(width, rank);
  for (let r = 0; r < rank; r++) {
    for (let c = 0; c < width; c++) basis.data[c * rank + r] = rows[r * width + c];
  }
  return basis;
}

function lengthsOf(rows: Float32Array, count: number, width: number): number[] {
  return Array.from({ length: count }, (_, r) => Math.sqrt(energyOf(rows.subarray(r * width, (r + 1) * width))));
}

/** The sum of squares. */
export function energyOf(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += values[n] * values[n];
  return sum;
}
