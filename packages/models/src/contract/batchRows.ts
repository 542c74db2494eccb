import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Batch, Represented, Triple } from './data.js';

/** The rows of a batch's triples in tables of users [users, d] and items [items, d]: [batch, d] each. */
export function batchRows(tape: Tape, { users, items }: Represented<Tensor>, batch: Batch): Triple<Tensor> {
  return {
    user: tape.gatherRows(users, batch.users),
    positive: tape.gatherRows(items, batch.positives),
    negative: tape.gatherRows(items, batch.negatives),
  };
}
