import { segmentsOf } from '@agentmmrec/kernels';
import type { Caches } from './caches.js';
import type { Pieces, Probes } from './probes.js';

/** Seconds per row of 64 columns copied out by id, and added in through its order. */
export interface RowCopyRates {
  readonly gatherCached: number;
  readonly gatherMemory: number;
  readonly scatterCached: number;
  readonly scatterMemory: number;
}

const COLUMNS = 64;
const IDS = 4096;
/** Draws of ids, so that rows of a large table are not the ones just read. */
const DRAWS = 16;

function rowsOf(tableBytes: number): number {
  return Math.floor(tableBytes / (4 * COLUMNS));
}

export function* probeRowCopies(probes: Probes, { last }: Caches): Pieces {
  for (const [place, rows] of Object.entries({ cached: rowsOf(last / 8), memory: rowsOf(16 * last) })) {
    const draws = probes.once(`row copies ${place}`, () => drawsOf(probes, rows));
    const { kernels } = probes.device;
    yield* probes.floats([rows * COLUMNS, IDS * COLUMNS], function* (table, batch) {
      let turn = 0;
      yield* probes.time(`gather rows ${place}`, () => {
        kernels.gatherRows({ out: batch, x: table, ids: draws[turn++ % DRAWS].ids, d: COLUMNS });
      });
      yield* probes.time(`scatter rows ${place}`, () => {
        kernels.scatterRows({ out: table, rows: batch, ...draws[turn++ % DRAWS].segments, d: COLUMNS });
      });
    });
  }
}

function drawsOf(probes: Probes, rows: number) {
  const { device } = probes;
  const all = probes.ids(DRAWS * IDS, rows);
  return Array.from({ length: DRAWS }, (_, draw) => {
    const drawn = all.slice(draw * IDS, (draw + 1) * IDS);
    const { order, segmentOffsets, segmentIds } = segmentsOf(drawn);
    const segments = {
      order: device.upload(order),
      segmentOffsets: device.upload(segmentOffsets),
      segmentIds: device.upload(segmentIds),
    };
    return { ids: device.upload(drawn), segments };
  });
}

export function rowCopyRates(probes: Probes): RowCopyRates {
  const seconds = (name: string) => probes.seconds(name) / IDS;
  return {
    gatherCached: seconds('gather rows cached'),
    gatherMemory: seconds('gather rows memory'),
    scatterCached: seconds('scatter rows cached'),
    scatterMemory: seconds('scatter rows memory'),
  };
}
