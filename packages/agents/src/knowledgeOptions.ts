import { choice, integer, type OptionValues, optional } from '@agentmmrec/core';
import { knowledgeEncodings } from '@agentmmrec/encoders';
import { EXTRACTIVE_NEIGHBOURS, PROMPT_NEIGHBOURS } from './reasoning/reasoner.js';

/** What prompts see of a data set (docs/method.md#knowledge). */
export const promptOptions = {
  knowledgeSeed: integer(999, {
    min: 0,
    max: 2 ** 31 - 1,
    help: 'draws what prompts see; one memory serves every --seed',
  }),
  promptNeighbours: optional({
    type: 'integer',
    min: 1,
    max: 100,
    help: `Y: how many neighbours a prompt may see; default: ${PROMPT_NEIGHBOURS} for a language model, ${EXTRACTIVE_NEIGHBOURS} for extractive, which has no prompt`,
  }),
} as const;

/** How entries become embeddings and graphs (docs/method.md#graphs). */
export const assemblyOptions = {
  kUsers: integer(10, {
    min: 1,
    max: 1000,
    help: 'neighbours of a user in bmu, the graph of users of like preferences',
  }),
  kItems: integer(10, {
    min: 1,
    max: 1000,
    help: 'neighbours of an item in bmi, the graph of items of like properties, and rti, the refined graph of like content',
  }),
  coPurchaseCandidates: integer(0, {
    min: 0,
    max: 1000,
    help: 'candidates of a refinement that are most often bought together with the item, beside its nearest by content',
  }),
  knowledgeEncoding: choice(
    'mean',
    knowledgeEncodings,
    'mean of the parts, or the joined string, the letter of the paper',
  ),
} as const;

/** What stands for pictures where there are only their feature vectors. */
const lookOptions = {
  visualWords: {
    type: 'boolean',
    default: false,
    help: 'where there are feature vectors of images and no pictures, clusters of them are words for the extractive reasoner; off: it knows nothing of them',
  },
} as const;

/** How knowledge is made and used. */
export const knowledgeOptions = { ...promptOptions, ...assemblyOptions, ...lookOptions } as const;

/** The values of `knowledgeOptions`. */
export type KnowledgeValues = OptionValues<typeof knowledgeOptions>;

/** What prompts see, as agents take it: without `promptNeighbours` (Y), or with null, as many as the reasoner shows of itself. */
export interface PromptSampling
  extends Pick<KnowledgeValues, 'knowledgeSeed'>,
    Partial<Pick<KnowledgeValues, 'promptNeighbours'>> {}
