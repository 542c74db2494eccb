import { RandomStreams } from '@agentmmrec/core';
import type { Device, DeviceCsr, Floats, Ints } from '@agentmmrec/kernels';
import { median } from '../statistics.js';

/** A rate by the bytes touched before the same byte comes again, ascending. */
export type Curve = readonly { readonly arrayBytes: number; readonly seconds: number }[];

/** Median of at least `seconds` of runs, as every case is measured. */
export function typicalSeconds(run: () => void, seconds = 0.03): number {
  run();
  const times: number[] = [];
  const start = performance.now();
  while (times.length < 3 || (performance.now() - start < seconds * 1000 && times.length < 2000)) {
    const begin = performance.now();
    run();
    times.push((performance.now() - begin) / 1000);
  }
  return median(times);
}

/** Microbenchmarks on one device: their inputs, and the middle of each name's times over all rounds. */
export class Probes {
  private readonly times = new Map<string, number[]>();
  private readonly inputs = new Map<string, unknown>();

  constructor(readonly device: Device) {}

  time(name: string, run: () => void): void {
    this.times.set(name, [...(this.times.get(name) ?? []), typicalSeconds(run)]);
  }

  seconds(name: string): number {
    return median(this.times.get(name) ?? [Number.NaN]);
  }

  /** Arrays for the length of a call. Written once, so that every page is there. */
  floats(lengths: readonly number[], use: (...arrays: Floats[]) => void): void {
    const arrays = lengths.map((length) => this.device.floats(length));
    for (const array of arrays) this.device.kernels.axpby({ out: array, x: array, alpha: 0, beta: 0 });
    use(...arrays);
    for (const array of arrays) this.device.release(array);
  }

  /** Outputs of a top-k selection for the length of a call. */
  selection(rows: number, k: number, use: (out: { indices: Ints; scores: Floats }) => void): void {
    const [indices, scores] = [this.device.ints(rows * k), this.device.floats(rows * k)];
    use({ indices, scores });
    this.device.release(indices);
    this.device.release(scores);
  }

  /** What `make` returns, made in the first round and kept for the others. */
  once<T>(name: string, make: () => T): T {
    if (!this.inputs.has(name)) this.inputs.set(name, make());
    return this.inputs.get(name) as T;
  }

  /** Values in [-0.5, 0.5), the same for the same length. */
  drawn(length: number): Floats {
    return this.once(`drawn ${length}`, () => {
      const stream = new RandomStreams(6).stream('probe', length);
      return this.device.upload(Float32Array.from({ length }, () => stream.uniform() - 0.5));
    });
  }

  /** `count` whole numbers below `bound`, drawn uniformly. */
  ids(count: number, bound: number): Int32Array {
    return this.once(`ids ${count} ${bound}`, () => {
      const stream = new RandomStreams(5).stream('probe ids', count, bound);
      return Int32Array.from({ length: count }, () => stream.integer(bound));
    });
  }

  /** A matrix of `rows` rows with `perRow` entries each in columns drawn uniformly. */
  matrix(rows: number, perRow: number, cols: number): DeviceCsr {
    return this.once(`matrix ${rows} ${perRow} ${cols}`, () => {
      const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * perRow);
      const values = new Float32Array(rows * perRow).fill(0.5);
      return this.device.uploadCsr({ rows, cols, offsets, indices: this.ids(rows * perRow, cols), values });
    });
  }
}
