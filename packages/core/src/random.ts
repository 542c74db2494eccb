/**
 * Counter-based random numbers (Philox 4x32-10; Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 * A number is a pure function of (seed, stream name, position), so it does not depend on the order of other draws, on
 * threads or on the device: the native samplers compute the same function.
 */
export interface StreamKey {
  /** the two 32-bit key words, unsigned */
  readonly k0: number;
  readonly k1: number;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the unsigned product a * b. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/** One Philox block: four unsigned 32-bit words for `counter` under `key`, written to `out`. The counter's last two words are 0 if left out. */
export function philox(
  out: Uint32Array,
  key: StreamKey,
  counter: readonly [c0: number, c1: number, c2?: number, c3?: number],
): void {
  let c0 = counter[0];
  let c1 = counter[1];
  let c2 = counter[2] ?? 0;
  let c3 = counter[3] ?? 0;
  let k0 = key.k0;
  let k1 = key.k1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** 64-bit FNV-1a of the text as two 32-bit words: turns a stream name into a key. */
function nameHash(text: string): StreamKey {
  let low = 0x84222325;
  let high = 0xcbf29ce4;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // (high, low) * 0x100000001b3 modulo 2^64
    const carried = mulHigh(low, 0x1b3) + Math.imul(high, 0x1b3) + ((low << 8) >>> 0);
    low = Math.imul(low, 0x1b3) >>> 0;
    high = carried >>> 0;
  }
  return { k0: low, k1: high };
}

/** A sequence of draws. `position` counts 32-bit words consumed; saving and setting it resumes the stream exactly. */
export class RandomStream {
  position = 0;
  private readonly block = new Uint32Array(4);
  private blockIndex = -1;

  constructor(readonly key: StreamKey) {}

  /** Uniform 32-bit unsigned integer. */
  u32(): number {
    const index = Math.floor(this.position / 4);
    if (index !== this.blockIndex) {
      philox(this.block, this.key, [index >>> 0, Math.floor(index / 2 ** 32)]);
      this.blockIndex = index;
    }
    return this.block[this.position++ & 3];
  }

  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number {
    return this.u32() / 2 ** 32;
  }

  /** Uniform integer in [0, n), by the high word of u32 * n: bias below n / 2^32, the same rule as the native sampler. */
  integer(n: number): number {
    return mulHigh(this.u32(), n);
  }

  /** Standard normal by Box and Muller; consumes two words a draw. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.u32() + 1) / (2 ** 32 + 1)));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = array[i];
      array[i] = array[j];
      array[j] = held;
    }
    return array;
  }

  /** min(count, items.length) distinct elements in random order. */
  sample<T>(items: ArrayLike<T>, count: number): T[] {
    const pool = Array.from(items);
    const taken = Math.min(count, pool.length);
    for (let i = 0; i < taken; i++) {
      const j = i + this.integer(pool.length - i);
      [pool[i], pool[j]] = [pool[j], pool[i]];
    }
    return pool.slice(0, taken);
  }

  /** Index drawn with probability proportional to nonnegative `weights`. */
  weighted(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i];
    let left = this.uniform() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i];
      if (left < 0) return i;
    }
    return weights.length - 1;
  }
}

/** All randomness of a run: one seed, streams by name and numbers, e.g. `streams.stream('negatives', epoch)`. */
export class RandomStreams {
  constructor(readonly seed: number) {}

  /** The stream of that name and these numbers, at its beginning. */
  stream(name: string, ...ids: number[]): RandomStream {
    return new RandomStream(nameHash(JSON.stringify([this.seed, name, ...ids])));
  }

  /** The streams of a part of the run: `streams.within(epoch, step).stream(name)` is `streams.stream(name, epoch, step)`. */
  within(...ids: number[]): Pick<RandomStreams, 'stream'> {
    return { stream: (name, ...further) => this.stream(name, ...ids, ...further) };
  }
}
