import type { Features, ItemContent } from '../contract.js';
import type { DroppedRows } from './droppedRows.js';

/** What a reader found on the items that passed the filters. */
export interface ItemFacts {
  /** [items], or null when the data has no content */
  readonly content: readonly ItemContent[] | null;
  /** [items] where an image can be fetched from; or null when the data names no addresses */
  readonly imageUrls: readonly (string | null)[] | null;
  readonly features: readonly Features[];
  readonly dropped: readonly DroppedRows[];
  readonly remarks: readonly string[];
}

export const emptyContent: ItemContent = { title: '', brand: '', categories: [], description: '', imagePath: null };
