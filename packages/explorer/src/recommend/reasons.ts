import type { Catalog } from '../catalog/catalog.js';
import type { Explanations } from '../serving/explanations.js';
import type { Reasons } from './recommendations.js';

const BOUGHT_WITH = 3;
/** Items of a long history that are looked at, the last of its order. */
const LOOKED_AT = 200;

/** What speaks for an item in a user's list: parts of the score, shared words, items bought by the same people. */
export function reasonsFor(model: Explanations, catalog: Catalog, user: number, item: number): Reasons {
  const history = [...catalog.historyOf(user)].slice(-LOOKED_AT);
  const boughtWith = history
    .map((own) => ({ own, buyers: catalog.commonBuyers(own, item) }))
    .filter(({ buyers }) => buyers > 0)
    .sort((a, b) => b.buyers - a.buyers || a.own - b.own)
    .slice(0, BOUGHT_WITH)
    .map(({ own, buyers }) => ({ item: catalog.itemCard(own), buyers }));
  return { parts: model.partsOf(user, item), sharedTerms: model.sharedTerms(user, item), boughtWith };
}
