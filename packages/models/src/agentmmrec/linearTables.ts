import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { contentRows, linearScores } from './linearScores.js';
import type { AgentmmrecOptions } from './options.js';

/** The linear item-item scores that are added in ranking (docs/method.md#recommender), as tables whose inner products they are. */
export interface LinearTables {
  /** users [users, linearRank], times their weight, and items [items, linearRank] */
  weighed(tape: Tape): Represented<Tensor>;
  /** representations with these columns beside them */
  beside(tape: Tape, own: Represented<Tensor>): Represented<Tensor>;
}

/** @returns null where they weigh nothing */
export function linearTables(context: PartContext, options: AgentmmrecOptions): LinearTables | null {
  if (options.linearWeight === 0) return null;
  const content = linearContent(context.data, options);
  const { users, items } = linearScores(context, {
    rank: options.linearRank,
    regularisation: options.linearL2,
    content,
  });
  const weighed = (tape: Tape) => ({ users: tape.scale(users, options.linearWeight), items });
  return {
    weighed,
    beside: (tape, own) => {
      const other = weighed(tape);
      return {
        users: tape.concatenate([own.users, other.users]),
        items: tape.concatenate([own.items, other.items]),
      };
    },
  };
}

/** What the linear scores take of content: features and knowledge of the items alike. */
function linearContent({ features, knowledge }: PartContext['data'], { linearContent: weight }: AgentmmrecOptions) {
  const { itemEmbeddings = null } = knowledge ?? {};
  const known = [...features.map(({ matrix: rows }) => rows), ...(itemEmbeddings ? [itemEmbeddings] : [])];
  const rows = weight > 0 ? contentRows(known) : null;
  return rows && { rows, weight };
}
