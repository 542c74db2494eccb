import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { philox, RandomStreams } from './index.js';

describe('philox', () => {
  // Known answers published with the Random123 library (kat_vectors, philox4x32 10).
  test.each([
    [
      [0, 0],
      [0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('key %j counter %j', (key, counter, expected) => {
    const out = new Uint32Array(4);
    philox(out, { k0: key[0], k1: key[1] }, counter as [number, number, number, number]);
    expect([...out]).toEqual(expected);
  });
});

describe('RandomStreams', () => {
  const draws = (seed: number, name: string, ...ids: number[]) => {
    const stream = new RandomStreams(seed).stream(name, ...ids);
    return Array.from({ length: 8 }, () => stream.u32());
  };

  test('a stream depends on seed, name and numbers only', () => {
    expect(draws(1, 'a', 2)).toEqual(draws(1, 'a', 2));
    const all = [draws(1, 'a', 2), draws(2, 'a', 2), draws(1, 'b', 2), draws(1, 'a', 3), draws(1, 'a')].map(String);
    expect(new Set(all).size).toBe(all.length);
  });

  test('a position resumes the stream', () => {
    fc.assert(
      fc.property(fc.nat(50), (skip) => {
        const whole = new RandomStreams(7).stream('x');
        for (let i = 0; i < skip; i++) whole.u32();
        const resumed = new RandomStreams(7).stream('x');
        resumed.position = skip;
        expect(resumed.u32()).toBe(whole.u32());
      }),
    );
  });

  test('uniform and normal have the right moments', () => {
    const stream = new RandomStreams(3).stream('moments');
    const n = 20_000;
    const uniform = Array.from({ length: n }, () => stream.uniform());
    const normal = Array.from({ length: n }, () => stream.normal());
    const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
    const variance = (x: number[]) => mean(x.map((v) => (v - mean(x)) ** 2));
    // four standard errors of each moment
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n));
    expect(Math.abs(mean(normal))).toBeLessThan(4 / Math.sqrt(n));
    const normalVariance = variance(normal.slice(0, 4000));
    expect(Math.abs(normalVariance - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000));
  });

  test('samples are distinct members and shuffles keep all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.nat(50), (n, count) => {
        const stream = new RandomStreams(9).stream('s', n, count);
        const items = Int32Array.from({ length: n }, (_, i) => i);
        const sample = stream.sample(items, count);
        expect(new Set(sample).size).toBe(Math.min(n, count));
        expect([...stream.shuffle(items.slice())].sort((a, b) => a - b)).toEqual([...items]);
      }),
    );
  });

  test('integers stay below their bound and reach every value', () => {
    const stream = new RandomStreams(5).stream('i');
    const seen = new Set(Array.from({ length: 500 }, () => stream.integer(7)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

test('the streams of a part are the streams with its numbers', () => {
  const streams = new RandomStreams(6);
  const drawn = streams.within(2, 5).stream('dropout', 1).u32();
  expect(drawn).toBe(streams.stream('dropout', 2, 5, 1).u32());
  expect(drawn).not.toBe(streams.within(2, 6).stream('dropout', 1).u32());
});
