// How many blocks of a kernel a multiprocessor holds at once, from what the compiler reports and the limits of its compute
// capability (CUDA C++ Programming Guide, "Technical Specifications per Compute Capability").

/** Per multiprocessor. sharedPerBlock: the most one block can have, its 1 KiB not counted. */
export const LIMITS = {
  sm_70: { warps: 64, blocks: 32, registers: 65536, shared: 96 * 1024, sharedPerBlock: 96 * 1024, reserved: 0 },
  sm_80: { warps: 64, blocks: 32, registers: 65536, shared: 164 * 1024, sharedPerBlock: 163 * 1024, reserved: 1024 },
  sm_90: { warps: 64, blocks: 32, registers: 65536, shared: 228 * 1024, sharedPerBlock: 227 * 1024, reserved: 1024 },
  sm_100: { warps: 64, blocks: 32, registers: 65536, shared: 228 * 1024, sharedPerBlock: 227 * 1024, reserved: 1024 },
  sm_120: { warps: 48, blocks: 24, registers: 65536, shared: 100 * 1024, sharedPerBlock: 99 * 1024, reserved: 1024 },
};

const REGISTER_UNIT = 256;
const WARP_UNIT = 4;
const SHARED_UNIT = 128;

/**
 * {blocks, warps, percent, bound}: resident blocks and warps, the part of the most warps, and what bounds it. A kernel that does
 * not fit at all has 0 of each.
 */
export function occupancy(target, { registers, shared, threads }) {
  const limits = LIMITS[target];
  const warpsPerBlock = Math.ceil(threads / 32);
  const perWarp = Math.ceil((registers * 32) / REGISTER_UNIT) * REGISTER_UNIT;
  const warpsByRegisters = Math.floor(limits.registers / perWarp / WARP_UNIT) * WARP_UNIT;
  const sharedPerBlock = Math.ceil((shared + limits.reserved) / SHARED_UNIT) * SHARED_UNIT;
  const bounds = {
    registers: registers > 255 ? 0 : Math.floor(warpsByRegisters / warpsPerBlock),
    'shared memory': shared > limits.sharedPerBlock ? 0 : Math.floor(limits.shared / Math.max(sharedPerBlock, 1)),
    warps: Math.floor(limits.warps / warpsPerBlock),
    blocks: limits.blocks,
  };
  const [bound, blocks] = Object.entries(bounds).reduce((least, each) => (each[1] < least[1] ? each : least));
  const warps = blocks * warpsPerBlock;
  return { blocks, warps, percent: Math.round((100 * warps) / limits.warps), bound };
}
