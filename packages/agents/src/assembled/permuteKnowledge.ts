import {
  type Knowledge,
  type Matrix,
  matrix,
  matrixRow,
  type NeighbourLists,
  type RandomStreams,
} from '@agentmmrec/core';

/**
 * The same knowledge given to the wrong entities: a control that keeps every number of embeddings and graphs and breaks only
 * what they are about. Users are permuted among users, items among items; each graph is carried along.
 */
export function permuteKnowledge(knowledge: Knowledge, streams: RandomStreams): Knowledge {
  const { userEmbeddings, itemEmbeddings, bmu, bmi, rti } = knowledge;
  const order = (name: string, count: number): Int32Array =>
    streams.stream(name).shuffle(Int32Array.from({ length: count }, (_, node) => node));
  const users = order('permuted users', userEmbeddings?.rows ?? bmu?.rows ?? 0);
  const items = order('permuted items', itemEmbeddings?.rows ?? bmi?.rows ?? rti?.rows ?? 0);
  return {
    reasoner: knowledge.reasoner,
    userEmbeddings: userEmbeddings && permuteRows(userEmbeddings, users),
    itemEmbeddings: itemEmbeddings && permuteRows(itemEmbeddings, items),
    bmu: bmu && permuteGraph(bmu, users),
    bmi: bmi && permuteGraph(bmi, items),
    rti: rti && permuteGraph(rti, items),
  };
}

/** Node `order[n]` gets the row of node n. */
function permuteRows(rows: Matrix, order: Int32Array): Matrix {
  const permuted = matrix(rows.rows, rows.cols);
  order.forEach((to, from) => {
    matrixRow(permuted, to).set(matrixRow(rows, from));
  });
  return permuted;
}

/** The neighbours of node `order[n]` are those of n under their new names. */
function permuteGraph({ rows, k, indices }: NeighbourLists, order: Int32Array): NeighbourLists {
  const permuted = new Int32Array(indices.length);
  order.forEach((to, from) => {
    for (let n = 0; n < k; n++) permuted[to * k + n] = order[indices[from * k + n]];
  });
  return { rows, k, indices: permuted };
}
