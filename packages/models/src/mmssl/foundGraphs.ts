import { type SparseMatrix, Tape, type Tensor } from '@agentmmrec/autograd';
import { rankUsers } from '@agentmmrec/evaluation';
import type { Floats } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { listedInteractions, sideGraphs } from '../parts/graphs/sideGraphs.js';

/** User-item graphs made anew each epoch; see `foundGraphs`. */
export interface FoundGraphs {
  readonly state: Readonly<Record<string, Floats>>;
  /** For `Recommender.beforeEpoch`. */
  beforeEpoch(epoch: number, resumed: boolean): void;
  /** For `Recommender.restored`. */
  restored(): void;
  /** The graphs of the epoch by modality; null in the first. */
  get(): readonly Represented<SparseMatrix>[] | null;
}

/**
 * In each modality the k items of highest product with a user's content among those that the user does not have (MMSSL, Wei et al. 2023,
 * section 3.1), from the second epoch on. The lists are the state: [modalities, users, k], -1 where there is no item.
 * @param content of users and items by modality, as the parameters are
 */
export function foundGraphs(
  { device, data }: PartContext,
  content: (tape: Tape) => readonly Represented<Tensor>[],
  k: number,
): FoundGraphs {
  const { users, items, features } = data;
  const size = users * k;
  const lists = device.floats(features.length * size, 'any');
  device.write(lists, new Float32Array(lists.length).fill(-1));
  let graphs: readonly Represented<SparseMatrix>[] | null = null;

  const find = () => {
    const tape = new Tape(device, { recording: false });
    const userIds = Int32Array.from({ length: users }, (_, user) => user);
    tape.step(() => {
      for (const [m, of] of content(tape).entries()) {
        const ranking = { users: of.users.data, items: of.items.data, d: of.users.cols };
        const found = rankUsers({ device, ranking, mask: data.train, userIds, k });
        device.write(lists.subarray(m * size, (m + 1) * size), Float32Array.from(found.items));
      }
    });
  };
  const read = () => {
    const host = device.read(lists);
    const graphOf = (m: number) =>
      sideGraphs(device, listedInteractions(host.subarray(m * size, (m + 1) * size), users, items));
    graphs = host.some((item) => item >= 0) ? features.map((_, m) => graphOf(m)) : null;
  };
  return {
    state: { lists },
    beforeEpoch: (epoch, resumed) => {
      if (epoch > 0 && !resumed) find();
      read();
    },
    restored: read,
    get: () => graphs,
  };
}
