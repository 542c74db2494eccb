import type { ItemCard } from '../catalog/catalog.js';
import type { PartOfScore, SharedTerms } from '../serving/explanations.js';

/** Why an item is in a list. */
export interface Reasons {
  /** they add up to the score; null for a model whose scores have no parts */
  readonly parts: readonly PartOfScore[] | null;
  /** words that what is known of the user and of the item share; null without knowledge */
  readonly sharedTerms: SharedTerms | null;
  /** items of the user that share most buyers with it */
  readonly boughtWith: readonly { readonly item: ItemCard; readonly buyers: number }[];
}

/** One place of a list. */
export interface RecommendedItem {
  /** from 1 */
  readonly rank: number;
  /** in the model's own order, from 1 */
  readonly rankBefore: number;
  /** the model's */
  readonly score: number;
  readonly item: ItemCard;
  /** where they were asked for */
  readonly reasons?: Reasons;
}

/** The list of a user. */
export interface Recommendations {
  readonly user: string;
  readonly run: string;
  readonly model: string;
  readonly reranked: boolean;
  /** why a user of a run that reranks keeps the model's order; empty otherwise */
  readonly remark: string;
  readonly items: readonly RecommendedItem[];
}
