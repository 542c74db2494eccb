import { Breather, RandomStreams } from '@agentmmrec/core';
import type { Device, DeviceCsr, Floats, Ints } from '@agentmmrec/kernels';
import { median } from '../statistics.js';

/** A rate by the bytes touched before the same byte comes again, ascending. */
export type Curve = readonly { readonly arrayBytes: number; readonly seconds: number }[];

/** Work in pieces of a run each: whoever does it may stop between two, and lets signals in there. */
export type Pieces<Result = void> = Generator<void, Result>;

/**
 * Does work in pieces, and lets signals in between them: nothing in it waits, so they would only be heard at the end.
 * @throws the signal's reason
 */
export async function inPieces<Result>(pieces: Pieces<Result>, signal: AbortSignal | undefined): Promise<Result> {
  const breather = new Breather();
  try {
    for (;;) {
      const { done, value } = pieces.next();
      if (done) return value;
      await breather.breathe();
      signal?.throwIfAborted();
    }
  } finally {
    pieces.return(undefined as Result);
  }
}

/** Median of at least `seconds` of runs, as every case is measured. */
export function* typicalSeconds(run: () => void, seconds = 0.03): Pieces<number> {
  run();
  yield;
  const times: number[] = [];
  const start = performance.now();
  while (times.length < 3 || (performance.now() - start < seconds * 1000 && times.length < 2000)) {
    const begin = performance.now();
    run();
    times.push((performance.now() - begin) / 1000);
    yield;
  }
  return median(times);
}

/** Microbenchmarks on one device: their inputs, and the middle of each name's times over all rounds. */
export class Probes {
  private readonly times = new Map<string, number[]>();
  private readonly inputs = new Map<string, unknown>();

  constructor(readonly device: Device) {}

  *time(name: string, run: () => void): Pieces {
    this.times.set(name, [...(this.times.get(name) ?? []), yield* typicalSeconds(run)]);
  }

  seconds(name: string): number {
    return median(this.times.get(name) ?? [Number.NaN]);
  }

  /** Arrays for the length of a call. Written once, so that every page is there. */
  *floats(lengths: readonly number[], use: (...arrays: Floats[]) => Pieces): Pieces {
    const arrays = lengths.map((length) => this.device.floats(length));
    try {
      for (const array of arrays) {
        this.device.kernels.axpby({ out: array, x: array, alpha: 0, beta: 0 });
        yield;
      }
      yield* use(...arrays);
    } finally {
      for (const array of arrays) this.device.release(array);
    }
  }

  /** Outputs of a top-k selection for the length of a call. */
  *selection(rows: number, k: number, use: (out: { indices: Ints; scores: Floats }) => Pieces): Pieces {
    const [indices, scores] = [this.device.ints(rows * k), this.device.floats(rows * k)];
    try {
      yield* use({ indices, scores });
    } finally {
      this.device.release(indices);
      this.device.release(scores);
    }
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
