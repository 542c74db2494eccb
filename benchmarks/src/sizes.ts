import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RandomStreams, silentLog } from '@agentmmrec/core';
import { type Interactions, loadDataset } from '@agentmmrec/datasets';

/** The counts of a graph. */
export interface Counts {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
}

/** The counts of the paper's Table 3 (Amazon 2014, 5-core), training interactions, and a tiny one for trying things. */
const COUNTS = {
  tiny: { users: 2_000, items: 1_200, interactions: 12_000 },
  baby: { users: 19_445, items: 7_050, interactions: 118_551 },
  clothing: { users: 39_387, items: 23_033, interactions: 197_338 },
} as const satisfies Record<string, Counts>;

export type SizeName = keyof typeof COUNTS;
export const sizeNames = Object.keys(COUNTS) as SizeName[];

/** A graph to measure on and where it came from. */
export interface Size {
  readonly name: SizeName;
  readonly train: Interactions;
  /** `training interactions of <folder>` or `seeded graph ...` */
  readonly origin: string;
}

/** The training interactions at the size: the real ones when `<dataRoot>/<name>` is there, else a seeded graph. */
export async function openSize(name: SizeName, dataRoot: string, workspace: string): Promise<Size> {
  const folder = join(dataRoot, name);
  if (existsSync(join(folder, `${name}.inter`))) {
    const dataset = await loadDataset(folder, { workspace, splitSeed: 999, log: silentLog });
    return { name, train: dataset.training.train, origin: `training interactions of ${name}` };
  }
  return {
    name,
    train: seededInteractions(COUNTS[name]),
    origin: 'seeded graph with the same counts and a power-law of item degrees',
  };
}

/**
 * Interactions with exactly the given counts: item weights fall as rank^-0.8 (the slope of the Amazon item degrees), every user
 * has at least three, the rest spread by a geometric law.
 */
export function seededInteractions(counts: Counts): Interactions {
  const stream = new RandomStreams(1).stream('benchmark graph', counts.users, counts.items);
  const cumulative = new Float64Array(counts.items);
  let total = 0;
  for (let i = 0; i < counts.items; i++) cumulative[i] = total += (i + 1) ** -0.8;
  const drawItem = (): number => {
    const at = stream.uniform() * total;
    let low = 0;
    let high = counts.items - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const extra = counts.interactions / counts.users - 3;
  const rows: Set<number>[] = [];
  for (let u = 0; u < counts.users; u++) {
    const wanted = 3 + Math.floor(Math.log(1 - stream.uniform()) / Math.log(extra / (1 + extra)));
    const row = new Set<number>();
    while (row.size < Math.min(wanted, counts.items / 2)) row.add(drawItem());
    rows.push(row);
  }
  // the drawn rows are about as many: the first users have one more or one less
  let missing = Math.round(counts.interactions) - rows.reduce((sum, row) => sum + row.size, 0);
  for (let u = 0; missing !== 0; u = (u + 1) % counts.users) {
    const { size } = rows[u];
    if (missing > 0) rows[u].add(drawItem());
    else if (size > 3) rows[u].delete([...rows[u]][size - 1]);
    missing += size - rows[u].size;
  }
  const itemIds = rows.map((row) => [...row].sort((a, b) => a - b));
  const offsets = new Int32Array(counts.users + 1);
  for (let u = 0; u < counts.users; u++) offsets[u + 1] = offsets[u] + itemIds[u].length;
  return { users: counts.users, items: counts.items, offsets, itemIds: Int32Array.from(itemIds.flat()) };
}
