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
}
