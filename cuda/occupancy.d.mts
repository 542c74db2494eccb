export type Target = 'sm_70' | 'sm_80' | 'sm_90' | 'sm_100' | 'sm_120';

export interface Occupancy {
  readonly blocks: number;
  readonly warps: number;
  readonly percent: number;
  readonly bound: 'registers' | 'shared memory' | 'warps' | 'blocks';
}

export function occupancy(
  target: Target,
  kernel: { readonly registers: number; readonly shared: number; readonly threads: number },
): Occupancy;
