import { type Csr, transpose } from '@agentmmrec/core';
import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import { coPurchases, interactionMatrix } from '@agentmmrec/graphs';

/** An interaction as the audit sees it: [user, item]. */
export type Interaction = readonly [user: number, item: number];

/**
 * N(u), N(i) and N2(i) of docs/method.md#symbols. It is given training interactions and knows no others.
 */
export class Neighbourhood {
  private readonly buyers: Csr;
  private readonly coPurchasesOf: ReturnType<typeof coPurchases>;

  constructor(readonly train: Interactions) {
    this.buyers = transpose(interactionMatrix(train));
    this.coPurchasesOf = coPurchases(train);
  }

  /** N(u): items of the user, ascending; a view. */
  itemsOf(user: number): Int32Array {
    return itemsOf(this.train, user);
  }

  /** N(i): users of the item, ascending; a view. */
  buyersOf(item: number): Int32Array {
    return this.buyers.indices.subarray(this.buyers.offsets[item], this.buyers.offsets[item + 1]);
  }

  /** N2(i): the other items bought by the users of i, ascending, each once. */
  coPurchased(item: number): Int32Array {
    return this.coPurchasesOf(item).itemIds;
  }

  /** The interactions that make `other` a co-purchased product of `item`: both of the lowest user who has both. */
  witness(item: number, other: number): readonly Interaction[] {
    const others = this.buyersOf(other);
    let at = 0;
    for (const user of this.buyersOf(item)) {
      while (at < others.length && others[at] < user) at++;
      if (others[at] === user) {
        return [
          [user, item],
          [user, other],
        ];
      }
    }
    return [];
  }
}
