import { digest } from '@agentmmrec/core';
import { noParts } from '../reasoning/modality.js';
import type { Answer, Augmenter, ItemView, Reasoner } from '../reasoning/reasoner.js';
import { rerankByMatch } from './matching.js';

/** Raised whenever an answer to the same question changes. */
const version = 1;

/**
 * LLMRec's three tasks without a model: a profile is what the user's texts have in common, attributes are the catalogue's own and an item's
 * telling terms, and of the candidates the first and the last are taken when they are put into the order of their match.
 */
export function extractiveAugmenter(reasoner: Pick<Reasoner, 'digest' | 'preference' | 'property'>): Augmenter {
  const own = () => digest({ reasoner: reasoner.digest, augmenter: version });
  const answer = <T>(task: string, value: T): Answer<T> => {
    const templates = [{ id: `extractive/${task}@${version}`, hash: own() }];
    return { value, record: { templates, inputTokens: 0, outputTokens: 0, repairs: [] } };
  };
  const call = { seed: 0 }; // nothing is drawn
  const properties = async (item: ItemView) => (await reasoner.property('text', item, [], call)).value;
  return {
    get digest() {
      return own();
    },
    async profile(user, items) {
      return answer('user-profile', (await reasoner.preference('text', user, items, call)).value);
    },
    async attributes(item) {
      const { brand, categories } = item.content;
      return answer('item-attributes', { maker: brand, kind: categories.join(' '), purpose: await properties(item) });
    },
    async edges({ user, items, candidates }) {
      const liked = (await reasoner.preference('text', user, items, call)).value;
      const known = [];
      for (const candidate of candidates) {
        known.push({ item: candidate.item, properties: { ...noParts, text: await properties(candidate) } });
      }
      const order = rerankByMatch({ preferences: { ...noParts, text: liked }, candidates: known });
      return answer('augment-edges', [order[0], order[order.length - 1]]);
    },
  };
}
