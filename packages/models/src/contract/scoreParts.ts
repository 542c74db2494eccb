import type { Tensor } from '@agentmmrec/autograd';
import { type Matrix, matrix } from '@agentmmrec/core';
import type { Stages } from './recommender.js';

/** One part of all scores: the inner products of its rows. */
export interface ScorePart {
  readonly name: string;
  /** [users, d] */
  readonly users: Matrix;
  /** [items, d] */
  readonly items: Matrix;
}

/** The parts that stages come to, as host copies. */
export function partsOf({ users, items, beside }: Stages): ScorePart[] {
  const [ofUsers, ofItems] = [users, items].map((stages) => stages.map(({ table }) => hostCopy(table)));
  const lastItems = ofItems[ofItems.length - 1];
  return [
    { name: users[0].name, users: ofUsers[0], items: ofItems[0] },
    ...users.slice(1).map(({ name }, n) => ({ name, users: difference(ofUsers[n + 1], ofUsers[n]), items: lastItems })),
    ...items
      .slice(1)
      .map(({ name }, n) => ({ name, users: ofUsers[0], items: difference(ofItems[n + 1], ofItems[n]) })),
    ...beside.map((one) => ({ name: one.name, users: hostCopy(one.users), items: hostCopy(one.items) })),
  ];
}

function hostCopy({ device, rows, cols, data }: Tensor): Matrix {
  return matrix(rows, cols, device.read(data).slice());
}

function difference(after: Matrix, before: Matrix): Matrix {
  return matrix(
    after.rows,
    after.cols,
    after.data.map((value, at) => value - before.data[at]),
  );
}
