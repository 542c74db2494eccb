import type { Matrix } from './matrix.js';
import type { NeighbourLists } from './sparse.js';

/** The parts of an entry of knowledge (docs/method.md#knowledge). A part whose modality the data set lacks is null. */
export interface KnowledgeParts {
  readonly text: string | null;
  readonly visual: string | null;
  readonly crossModal: string | null;
}

/** Knowledge as a model sees it: matrices and neighbour lists, never text. Absent parts are null and leave no block and no graph. */
export interface Knowledge {
  /** who made it: `extractive`, or the name of an LLM */
  readonly reasoner: string;
  /** [users, w] unit rows: embedding of P_u; a user without an entry has a zero row */
  readonly userEmbeddings: Matrix | null;
  /** [items, w] likewise: embedding of P_i */
  readonly itemEmbeddings: Matrix | null;
  /** the graphs of docs/method.md#graphs */
  readonly bmu: NeighbourLists | null;
  readonly bmi: NeighbourLists | null;
  readonly rti: NeighbourLists | null;
  /** what LLMRec adds to the graph; absent where nobody asked for it */
  readonly augmentation?: Augmentation | null;
}

/** What a reasoner adds to the user-item graph for LLMRec (docs/method.md#augmentation). Absent parts are null. */
export interface Augmentation {
  /** [users, w] unit rows: embedding of a profile; a user without one has a zero row */
  readonly profiles: Matrix | null;
  /** [items, w] unit rows for each attribute; an item without an answer has zero rows */
  readonly attributes: readonly { readonly name: string; readonly embeddings: Matrix }[];
  /** [users] the candidates that suit a user most and least, as item ids; -1 in both for a user without */
  readonly edges: { readonly liked: Int32Array; readonly disliked: Int32Array } | null;
}
