import type { Features, ItemContent } from '../contract.js';
import type { Pairs } from '../dataset/interactions.js';
import type { ColumnChoice } from '../files/columns.js';
import type { DroppedRows } from './droppedRows.js';
import type { FolderFiles } from './folderFiles.js';
import type { ItemFacts } from './itemFacts.js';

/** `defaultKCore` of data that come without a split: the 5-core of the literature. */
export const usualKCore = 5;

/** What a format's reader hands on: everything found, before filters, merging and splits. */
export interface RawDataset {
  /** the format's name */
  readonly format: string;
  /** name of the data set: its folder or file */
  readonly name: string;
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** positions in `userIds` and `itemIds`, in the order of the file, duplicates included */
  readonly pairs: Pairs;
  /** [pairs] or null when the data has none */
  readonly ratings: Float32Array | null;
  /** [pairs] growing with time, in the data's own unit; or null when the data has none */
  readonly timestamps: Float64Array | null;
  /** [pairs] 0 train, 1 validation, 2 test; or null when the data comes without a split */
  readonly labels: Uint8Array | null;
  /** [itemIds], or null */
  readonly content: readonly ItemContent[] | null;
  /** [itemIds] where an image can be fetched from; or absent when the data names no addresses */
  readonly imageUrls?: readonly (string | null)[] | null;
  readonly features: readonly Features[];
  /** true: users and items without interactions belong to the data and the order of the ids is kept */
  readonly keepsAllIds: boolean;
  /** applied when the caller does not say; 0 = none */
  readonly defaultKCore: number;
  readonly remarks: readonly string[];
  /** rows of the source that did not become interactions, by reason */
  readonly dropped?: readonly DroppedRows[];
  /** Reads what is known of these items. For large sources: only what passes the filters is read; replaces content and features. */
  readItems?(itemIds: readonly string[]): Promise<ItemFacts>;
}

/** A format we read. Adding one: a file that exports such a value and its line in `readRaw.ts`. */
export interface DatasetFormat {
  readonly name: string;
  /** files it is known by, for the error that says what was looked for */
  readonly knownBy: string;
  /** the caller may say which columns are meant */
  readonly takesColumns?: boolean;
  /** Whether these files are of this format. */
  matches(files: FolderFiles): boolean;
  /** What such a folder may hold and this one does not, each with what it would give. */
  missing?(files: FolderFiles): string[];
  read(files: FolderFiles, columns: ColumnChoice | undefined): Promise<RawDataset>;
}
