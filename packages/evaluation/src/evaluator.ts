import type { Interactions } from '@agentmmrec/datasets';
import type { Device, Ints, MemoryScope } from '@agentmmrec/kernels';
import type { Evaluation } from './contract.js';
import { EarlierLists } from './earlierLists.js';
import { evaluationDepth, metricsOf, metricsOfHits } from './metrics.js';
import { maskRows, type Ranking, type Representations, rankUsers, usersOf } from './rank.js';

/** Users ranked by one kernel call: enough rows to keep every thread busy, few enough that lists stay in cache. */
const BLOCK_USERS = 1024;

/** Users of one call, their masked items and their truth on the device. */
interface Block {
  readonly count: number;
  readonly users: Ints;
  readonly maskOffsets: Ints;
  readonly maskIndices: Ints;
  readonly truthOffsets: Ints;
  readonly truthIndices: Ints;
}

/**
 * Ranks every user who has truth against all items, training items masked, and measures the lists, as often as asked: masks and truth are
 * brought to the device once. Of inner products only which places are hits comes back, in one copy.
 */
export class Evaluator {
  private readonly userIds: Int32Array;
  private readonly memory: MemoryScope;
  private blocks: readonly Block[] | null = null;
  private readonly earlier: EarlierLists | null;

  /**
   * @param call.excludeAlso masked besides; by default validation items stay rankable at test time, as the field does
   * @param call.repeated the same model will be measured again and again while it is trained: what earlier lists decide is then not
   *   ranked (a card ranks everyone in less time than it takes to look)
   */
  constructor(
    private readonly call: {
      device: Device;
      train: Interactions;
      truth: Interactions;
      excludeAlso?: Interactions;
      repeated?: boolean;
    },
  ) {
    this.userIds = usersOf(call.truth);
    this.memory = call.device.scope();
    this.earlier = call.repeated && call.device.recorder === null ? new EarlierLists(call, this.userIds) : null;
  }

  /** Metrics of the users with truth, in their order. What writes scores is ranked here; lists of a device's ranking are looked up on it. */
  evaluate(ranking: Ranking): Evaluation {
    const { device, train, truth, excludeAlso } = this.call;
    const { userIds } = this;
    if ('write' in ranking) {
      return metricsOf(
        rankUsers({ device, ranking, mask: train, userIds, k: evaluationDepth, excludeAlso }),
        truth,
        train,
      );
    }
    const hits = this.earlier ? this.earlier.hits(ranking) : this.hitsOf(ranking);
    return metricsOfHits(userIds, hits, truth, train);
  }

  /** Gives the memory of masks and truth back; the evaluator may be used again. */
  release(): void {
    this.memory.release();
    this.blocks = null;
  }

  private hitsOf({ users, items, d }: Representations): Int32Array {
    const { device } = this.call;
    this.blocks ??= this.memory.run(() => this.upload());
    const own = device.scope();
    try {
      return own.run(() => {
        const [hits, most] = [device.ints(this.userIds.length, 'any'), Math.min(BLOCK_USERS, this.userIds.length)];
        const rows = device.floats(most * d, 'any');
        const [indices, scores] = [
          device.ints(most * evaluationDepth, 'any'),
          device.floats(most * evaluationDepth, 'any'),
        ];
        let start = 0;
        for (const { count, users: ids, truthOffsets, truthIndices, ...mask } of this.blocks ?? []) {
          const [block, lists] = [rows.subarray(0, count * d), indices.subarray(0, count * evaluationDepth)];
          device.kernels.gatherRows({ out: block, x: users, ids, d });
          const found = { indices: lists, scores: scores.subarray(0, count * evaluationDepth) };
          device.kernels.rankTopK({ ...found, users: block, items, ...mask, d, k: evaluationDepth });
          const truth = { truthOffsets, truthIndices };
          device.kernels.rankedHits({
            hits: hits.subarray(start, start + count),
            items: lists,
            ...truth,
            k: evaluationDepth,
          });
          start += count;
        }
        return device.read(hits).slice();
      });
    } finally {
      own.release();
    }
  }

  private upload(): Block[] {
    const { device, train, truth, excludeAlso } = this.call;
    const upload = (ids: Int32Array): Ints => {
      const memory = device.ints(ids.length, 'any');
      device.write(memory, ids);
      return memory;
    };
    const starts = Array.from(
      { length: Math.ceil(this.userIds.length / BLOCK_USERS) },
      (_, block) => block * BLOCK_USERS,
    );
    return starts.map((start) => {
      const ids = this.userIds.subarray(start, start + BLOCK_USERS);
      const [mask, wanted] = [maskRows(ids, excludeAlso ? [train, excludeAlso] : [train]), maskRows(ids, [truth])];
      return {
        count: ids.length,
        users: upload(ids),
        maskOffsets: upload(mask.offsets),
        maskIndices: upload(mask.itemIds),
        truthOffsets: upload(wanted.offsets),
        truthIndices: upload(wanted.itemIds),
      };
    });
  }
}

/** One evaluation: see `Evaluator`. */
export function evaluateRanking(
  call: ConstructorParameters<typeof Evaluator>[0] & { readonly ranking: Ranking },
): Evaluation {
  const evaluator = new Evaluator(call);
  try {
    return evaluator.evaluate(call.ranking);
  } finally {
    evaluator.release();
  }
}
