/** Rows of a table in the order they are read, and what else passes through the caches meanwhile. */
export interface ReadTrace {
  /** row of each read */
  readonly rows: Int32Array;
  /** rows of the table */
  readonly tableRows: number;
  /** bytes of a row that one read touches */
  readonly rowBytes: number;
  /** bytes streamed beside each read: its share of indices, weights and output rows */
  readonly streamedBytesPerRead: number;
  /** bytes that pass before the trace starts again: the distance of a row's first read in it */
  readonly passBytes: number;
}

/** Reads kept when a trace is longer: a twentieth of a percent of error for distances, at a tenth of a second. */
const SAMPLED_READS = 400_000;

/**
 * For each capacity the share of reads that a least-recently-used cache of that many bytes would serve: those whose reuse
 * distance, the distinct bytes touched since the row was last read, is below it (Mattson et al. 1970). Long traces are
 * sampled by rows and the distances scaled up (SHARDS, Waldspurger et al. 2015).
 */
export function hitShares(trace: ReadTrace, capacities: readonly number[]): number[] {
  const oneIn = Math.max(1, Math.ceil(trace.rows.length / SAMPLED_READS));
  const last = new Int32Array(trace.tableRows).fill(-1);
  const hits = capacities.map(() => 0);
  const marks = new PrefixSums(Math.ceil((trace.rows.length / oneIn) * 1.5) + 1024);
  const placed = new Int32Array(marks.length); // time of each sampled read
  let sampled = 0;
  for (let time = 0; time < trace.rows.length; time++) {
    const row = trace.rows[time];
    if (oneIn > 1 && scatter(row) % oneIn !== 0) continue;
    if (sampled >= marks.length) break;
    const before = last[row];
    let distance = trace.passBytes;
    if (before >= 0) {
      const distinct = marks.sum(sampled) - marks.sum(before + 1);
      distance = distinct * oneIn * trace.rowBytes + (time - placed[before]) * trace.streamedBytesPerRead;
      marks.add(before, -1);
    }
    marks.add(sampled, 1);
    placed[sampled] = time;
    last[row] = sampled++;
    for (let c = 0; c < capacities.length; c++) if (distance < capacities[c]) hits[c]++;
  }
  return hits.map((count) => (sampled === 0 ? 0 : count / sampled));
}

/** A whole number that looks drawn (the finaliser of MurmurHash3). */
function scatter(row: number): number {
  let h = Math.imul(row ^ (row >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Counts by place with sums of all places before one, both in logarithmic time (Fenwick 1994). */
class PrefixSums {
  private readonly tree: Int32Array;
  constructor(readonly length: number) {
    this.tree = new Int32Array(length + 1);
  }
  add(place: number, amount: number): void {
    for (let i = place + 1; i <= this.length; i += i & -i) this.tree[i] += amount;
  }
  /** sum of the places below `end` */
  sum(end: number): number {
    let total = 0;
    for (let i = end; i > 0; i -= i & -i) total += this.tree[i];
    return total;
  }
}
