import { type Csr, choice, integer, real, transpose, unionOf } from '@agentmmrec/core';
import { cosineItems, modalityWeights, neighbourGraph } from '@agentmmrec/graphs';
import { missingContent } from './contract/contentErrors.js';
import { defineModel, type PartContext, presetOption } from './contract/model.js';
import { addOfItems, hostScores } from './parts/hostScores.js';
import { nothingToLearn } from './parts/nothingToLearn.js';

/**
 * Item-based neighbours: the score of an item is the sum of its similarities to the user's items, of which only those count that are
 * among its k nearest. Similar by shared users (cosine of the columns of interactions, with shrinkage), or by features (cosine, the
 * modalities weighed).
 *
 * Source: Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms", section 3; the sum without a
 * denominator as Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms", section 4. Shrinkage: Bell and Koren 2007.
 *
 * Defaults: docs/measurements.md#the-simple-rows.
 */
export const itemknn = defineModel({
  name: 'itemknn',
  source: 'Sarwar et al. 2001, WWW, section 3; Deshpande and Karypis 2004, TOIS, section 4',
  needs: [],
  options: {
    preset: presetOption(['tuned'], 'tuned = what validation chose on TikTok'),
    by: choice('interactions', ['interactions', 'features'], 'what makes items similar: shared users, or features'),
    neighbours: integer(100, { min: 1, help: 'nearest items that count for an item' }),
    shrinkage: real(0, { min: 0, help: 'added to the product of lengths: similarities of rare items count less' }),
    imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of image features among all modalities' }),
  },
  presets: { tuned: { neighbours: 20, shrinkage: 100 } },
  tuning: { neighbours: [20, 100], shrinkage: [10, 100] },
  build: (context) => {
    const { data, device, options } = context;
    const { by, neighbours: k, shrinkage, imageWeight } = options;
    const nearest =
      by === 'features' ? featureSimilarity(context, k, imageWeight) : cosineItems(data.train, { k, shrinkage });
    const counting = transpose(nearest); // row i: the items for which i counts
    return {
      parameters: {},
      sweeps: nothingToLearn,
      scores: () => hostScores(device, data.items, (user, row) => addOfItems(row, data.train, user, counting)),
    };
  },
});

/** The k nearest of each item in each modality, [items, items], cosines weighed and added. */
function featureSimilarity({ data, device }: PartContext, k: number, imageWeight: number): Csr {
  const { features, items } = data;
  if (features.length === 0) throw missingContent('model itemknn --by features', 'no item features', ['features']);
  const weights = modalityWeights(
    features.map(({ modality }) => modality),
    imageWeight,
  );
  const most = { k: Math.min(k, items - 1), self: 'exclude' } as const;
  const graphs = features.map(({ modality, matrix }, m) => {
    const lists = neighbourGraph(device, matrix, most, `neighbours by ${modality} features`);
    return ascending(lists, weights[m]);
  });
  return graphs.reduce((sum, graph) => unionOf(sum, graph, (a, b) => a + b));
}

/** Neighbour lists as a matrix of their weighted cosines, columns ascending. */
function ascending(lists: { rows: number; k: number; indices: Int32Array; scores: Float32Array }, weight: number): Csr {
  const { rows, k } = lists;
  const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * k);
  const [indices, values] = [new Int32Array(rows * k), new Float32Array(rows * k)];
  for (let row = 0; row < rows; row++) {
    const order = Array.from({ length: k }, (_, j) => row * k + j).sort((a, b) => lists.indices[a] - lists.indices[b]);
    order.forEach((from, j) => {
      indices[row * k + j] = lists.indices[from];
      values[row * k + j] = weight * lists.scores[from];
    });
  }
  return { rows, cols: rows, offsets, indices, values };
}
