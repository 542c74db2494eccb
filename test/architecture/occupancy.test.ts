import { describe, expect, test } from '@jest/globals';
import { occupancy } from '../../cuda/occupancy.mjs';

const KIB = 1024;

describe('occupancy, beside examples that NVIDIA publishes', () => {
  test('37 registers: 12 blocks of 128 threads are 75 %, 4 blocks of 320 are 63 % (Best Practices Guide, on 7.0)', () => {
    for (const target of ['sm_70', 'sm_80', 'sm_90', 'sm_100'] as const) {
      expect(occupancy(target, { registers: 37, shared: 0, threads: 128 })).toEqual({
        blocks: 12,
        warps: 48,
        percent: 75,
        bound: 'registers',
      });
      expect(occupancy(target, { registers: 37, shared: 0, threads: 320 })).toMatchObject({ blocks: 4, percent: 63 });
    }
  });

  test('64 registers and 512 threads: two blocks; one register more: one (Programming Guide, Multiprocessor Level)', () => {
    expect(occupancy('sm_80', { registers: 64, shared: 0, threads: 512 })).toMatchObject({ blocks: 2, warps: 32 });
    expect(occupancy('sm_80', { registers: 65, shared: 0, threads: 512 })).toMatchObject({ blocks: 1, warps: 16 });
  });

  test('a block may have 163 KB on 8.0 and 227 KB on 9.0, then it is alone (tuning guides)', () => {
    const alone = { blocks: 1, bound: 'shared memory' };
    const none = { blocks: 0, percent: 0 };
    expect(occupancy('sm_80', { registers: 32, shared: 163 * KIB, threads: 256 })).toMatchObject(alone);
    expect(occupancy('sm_80', { registers: 32, shared: 163 * KIB + 1, threads: 256 })).toMatchObject(none);
    expect(occupancy('sm_90', { registers: 32, shared: 227 * KIB, threads: 256 })).toMatchObject(alone);
    expect(occupancy('sm_90', { registers: 32, shared: 228 * KIB, threads: 256 })).toMatchObject(none);
  });

  test('32 registers fill the multiprocessor; 32 blocks of one warp are half of it; 255 registers leave 8 warps', () => {
    expect(occupancy('sm_90', { registers: 32, shared: 0, threads: 256 })).toEqual({
      blocks: 8,
      warps: 64,
      percent: 100,
      bound: 'registers',
    });
    expect(occupancy('sm_90', { registers: 16, shared: 0, threads: 32 })).toMatchObject({
      percent: 50,
      bound: 'blocks',
    });
    expect(occupancy('sm_90', { registers: 255, shared: 0, threads: 256 })).toMatchObject({ blocks: 1, warps: 8 });
    expect(occupancy('sm_90', { registers: 256, shared: 0, threads: 256 })).toMatchObject({ blocks: 0, warps: 0 });
  });
});
