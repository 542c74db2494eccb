import type { Tape } from '@agentmmrec/autograd';
import type { Augmentation } from '@agentmmrec/core';
import type { Batch } from '../contract/data.js';

/**
 * A batch with edges that a reasoner added (LLMRec, Wei et al. 2024, eq. 2-4): of the batch's places a part is drawn without replacement, and
 * each of their users that has added edges brings one more triple, the liked item before the disliked.
 */
export function augmentedTriples(
  tape: Tape,
  batch: Batch,
  { liked, disliked }: NonNullable<Augmentation['edges']>,
  part: number,
): Batch {
  const [users, positives, negatives] = [batch.users, batch.positives, batch.negatives].map((ids) =>
    Array.from(tape.device.read(ids)),
  );
  const drawn = tape.stream('augmented edges').sample(users, Math.floor(users.length * part));
  const added = drawn.filter((user) => liked[user] >= 0 && disliked[user] >= 0);
  if (added.length === 0) return batch;
  const ids = (own: number[], of: (user: number) => number) => tape.ints(Int32Array.from([...own, ...added.map(of)]));
  return {
    ...batch,
    users: ids(users, (user) => user),
    positives: ids(positives, (user) => liked[user]),
    negatives: ids(negatives, (user) => disliked[user]),
    size: users.length + added.length,
  };
}
