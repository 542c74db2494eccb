import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unpackLz4 } from './lz4.js';

// pyarrow.compress(text, codec='lz4', asbytes=True) of pyarrow 25.0.1: a block of matches that reach over one another, and one
// that was left as it is because nothing repeats.
const repeating = Buffer.from(
  'BCJNGGBAgnsAAADxFmxpbmUgMCBvZiBhIHRleHQgdGhhdCByZXBlYXRzIGl0c2VsZgolAB8xJQARHzIlABEfMyUAER80JQARHzUlABEfNiUAEQ8DAf///////////////////////////////////////////////////////2ZQc2VsZgoAAAAA',
  'base64',
);
const plain = Buffer.from('BCJNGGBAgigAAIAAIH4f+Rt2FOsKYvjR6ELVq78WpnmK2Ws7SZUk7PdFzJae5G00OXwCAAAAAA==', 'base64');
const lines = Array.from({ length: 300 }, (_, n) => `line ${n % 7} of a text that repeats itself\n`).join('');

/** A frame of one block. */
function frameOf(block: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from('04224d18604082', 'hex'), size, block, Buffer.alloc(4)]);
}

describe('unpackLz4', () => {
  test('gives what another library packed', () => {
    expect(Buffer.from(unpackLz4(repeating, lines.length)).toString()).toBe(lines);
    expect([...unpackLz4(plain, 40)]).toEqual(Array.from({ length: 40 }, (_, n) => (n * n * 31 + n) % 251));
  });

  test('stops at the bound', () => {
    expect(() => unpackLz4(repeating, lines.length - 1)).toThrow(`more than ${lines.length - 1} bytes`);
    // One byte and then itself again, a billion times.
    const bomb = Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0]), Buffer.alloc(4_000_000, 255), Buffer.from([0])]);
    expect(() => unpackLz4(frameOf(bomb), 1_000_000)).toThrow('more than 1000000 bytes');
  });

  test.each([
    ['something else', Buffer.from('no frame at all'), 'not an LZ4 frame'],
    ['a frame cut short', repeating.subarray(0, -9), /cut short|bounds/],
    ['a match before the beginning', frameOf(Buffer.from([0x10, 0x61, 9, 0])), 'before the beginning'],
    ['a run that leaves its block', frameOf(Buffer.from([0xf0, 200, 1, 2])), 'leaves its block'],
  ])('%s is refused', (_, packed, message) => {
    expect(() => unpackLz4(packed, 1e6)).toThrow(message);
  });

  test('damage is refused or gives other bytes, within the bound', () => {
    const damage = fc.array(fc.tuple(fc.nat(repeating.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const packed = Buffer.from(repeating);
        for (const [at, value] of changes) packed[at] = value;
        try {
          expect(unpackLz4(packed, 20_000).length).toBeLessThanOrEqual(20_000);
        } catch (cause) {
          expect(cause).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
