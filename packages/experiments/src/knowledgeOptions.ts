import { choice, integer, type OptionValues } from '@agentmmrec/core';
import { knowledgeEncodings } from '@agentmmrec/encoders';

/** How knowledge becomes embeddings and graphs (method.md sections 2 and 3). */
export const knowledgeOptions = {
  promptNeighbours: integer(0, {
    min: 0,
    max: 100,
    help: 'Y: how many neighbours a prompt may see; 0 = 5 for a language model, 50 for extractive, which has no prompt',
  }),
  kUsers: integer(10, { min: 1, max: 1000, help: 'neighbours a user in the bmu graph' }),
  kItems: integer(10, { min: 1, max: 1000, help: 'neighbours an item in the bmi and rti graphs' }),
  knowledgeEncoding: choice(
    'mean',
    knowledgeEncodings,
    'mean of the parts, or the joined string, the letter of the paper',
  ),
} as const;

export type KnowledgeOptions = OptionValues<typeof knowledgeOptions>;

/** Y for the agents; left to the reasoner where the option is 0. */
export function shownNeighbours({ promptNeighbours }: KnowledgeOptions): { neighbours?: number } {
  return promptNeighbours > 0 ? { neighbours: promptNeighbours } : {};
}
