import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { evaluationDepth, hitBits } from './metrics.js';
import { type Representations, rankUsers } from './rank.js';

/** Items of a list that are kept: enough that a model that moved still has `evaluationDepth` of them before the truth. */
const keptItems = 32;

/** Users whose products are looked at in one call. */
const blockUsers = 4096;

/** Users of one call, by their places in the list of all. */
interface Block {
  readonly start: number;
  readonly rows: number;
  readonly ids: Int32Array;
  /** [rows + 1] */
  readonly offsets: Int32Array;
  /** Of each row: k items of the earlier list, then the truth. For no item stands one of the truth, which is never above itself. */
  readonly items: Int32Array;
}

/**
 * Which of the first places are hits, for the same users again and again while a model moves. Of most users none is, and that is
 * seen without ranking: where `evaluationDepth` items of the user's earlier list score above every item of the truth by more than
 * rounding can make, no item of the truth is among the first. Everyone else is ranked against all items, so the hits are those of a
 * whole ranking, whatever the earlier lists were.
 */
export class EarlierLists {
  private readonly k: number;
  private blocks: readonly Block[] | null = null;

  constructor(
    private readonly call: { device: Device; train: Interactions; truth: Interactions; excludeAlso?: Interactions },
    private readonly userIds: Int32Array,
  ) {
    this.k = Math.min(keptItems, call.truth.items);
  }

  /** [users] bit p for place p of the user's list, for the first `evaluationDepth` places. */
  hits(ranking: Representations): Int32Array {
    const { device, train, truth, excludeAlso } = this.call;
    const { userIds, k } = this;
    const hits = new Int32Array(userIds.length);
    const open = this.blocks ? this.undecided(ranking, this.blocks) : Int32Array.from(userIds.keys());
    const blocks = this.blocks ?? this.makeBlocks();
    const ids = open.map((place) => userIds[place]);
    const { items } = rankUsers({ device, ranking, mask: train, userIds: ids, k, excludeAlso });
    for (let row = 0; row < open.length; row++) {
      const list = items.subarray(row * k, (row + 1) * k);
      const wanted = itemsOf(truth, ids[row]);
      hits[open[row]] = hitBits(list, wanted);
      const block = blocks[Math.floor(open[row] / blockUsers)];
      const at = block.offsets[open[row] - block.start];
      for (let i = 0; i < k; i++) block.items[at + i] = list[i] === -1 ? wanted[0] : list[i];
    }
    this.blocks = blocks;
    return hits;
  }

  private makeBlocks(): Block[] {
    const { truth } = this.call;
    return Array.from({ length: Math.ceil(this.userIds.length / blockUsers) }, (_, block) => {
      const start = block * blockUsers;
      const ids = this.userIds.slice(start, start + blockUsers);
      const offsets = new Int32Array(ids.length + 1);
      ids.forEach((user, row) => {
        offsets[row + 1] = offsets[row] + this.k + itemsOf(truth, user).length;
      });
      const items = new Int32Array(offsets[ids.length]);
      ids.forEach((user, row) => {
        items.set(itemsOf(truth, user), offsets[row] + this.k);
      });
      return { start, rows: ids.length, ids, offsets, items };
    });
  }

  /** Places of the users whose earlier list does not say that nothing of the truth is among the first. */
  private undecided(ranking: Representations, blocks: readonly Block[]): Int32Array {
    const own = this.call.device.scope();
    try {
      return own.run(() => {
        const rounding = this.rounding(ranking);
        const open: number[] = [];
        for (const block of blocks) this.collectUndecided(block, this.scores(ranking, block), rounding, open);
        return Int32Array.from(open);
      });
    } finally {
      own.release();
    }
  }

  /** The inner products of a block, entry by entry. */
  private scores({ users, items, d }: Representations, block: Block): Float32Array {
    const { device, truth } = this.call;
    const { rows, ids, offsets, items: indices } = block;
    const own = device.floats(rows * d, 'any'); // [rows, d]
    const out = device.floats(indices.length, 'any');
    device.kernels.gatherRows({ out: own, x: users, ids: device.upload(ids), d });
    const pattern = device.uploadCsr({ rows, cols: truth.items, offsets, indices, values: null });
    device.kernels.entryDots({ out, pattern, a: own, b: items, d });
    device.release(own);
    return device.read(out);
  }

  private collectUndecided(block: Block, scores: Float32Array, rounding: Float64Array, open: number[]): void {
    const { k } = this;
    for (let row = 0; row < block.rows; row++) {
      const [from, to] = [block.offsets[row], block.offsets[row + 1]];
      let best = Number.NEGATIVE_INFINITY;
      for (let at = from + k; at < to; at++) best = Math.max(best, scores[at]); // NaN stays, and nothing is above it
      const bar = best + rounding[block.ids[row]];
      let above = 0;
      for (let at = from; at < from + k; at++) if (scores[at] > bar) above++;
      if (above < evaluationDepth) open.push(block.start + row);
    }
  }

  /**
   * By how much two scores of each user may seem apart that are not, [all users]. A sum of d terms is off by at most (d + 2) 2^-24 |u| |v|
   * (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1), two of them here and two in the ranking, which adds in
   * another order.
   */
  private rounding({ users, items, d }: Representations): Float64Array {
    const longest = Math.sqrt(this.squares(items, d).reduce((most, square) => Math.max(most, square), 0));
    const unit = 8 * (d + 2) * 2 ** -24 * longest;
    return Float64Array.from(this.squares(users, d), (square) => unit * Math.sqrt(square));
  }

  /** The squared length of each row. */
  private squares(rows: Representations['users'], d: number): Float32Array {
    const { device } = this.call;
    const out = device.floats(rows.length / d, 'any');
    device.kernels.rowDot({ out, a: rows, b: rows, d });
    return device.read(out);
  }
}
