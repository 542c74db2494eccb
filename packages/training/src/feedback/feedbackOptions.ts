import { integer, type OptionValues, optional } from '@agentmmrec/core';

/** When and on whom feedback rounds are held (docs/method.md#feedback). */
export const feedbackOptions = {
  feedbackEvery: integer(10, { min: 1, help: 'E: epochs between feedback rounds' }),
  feedbackUsers: integer(512, {
    min: 1,
    max: 2 ** 31 - 1,
    help: 'users of the feedback rounds, two training items of each held out of them; the paper takes all',
  }),
  feedbackAttempts: integer(3, { min: 1, max: 100, help: 'rewrites of one preference in a feedback round' }),
  feedbackPeriods: integer(3, {
    min: 1,
    max: 1000,
    help: 'feedback rounds, before the model is fitted to all of training',
  }),
} as const;

/** The values of `feedbackOptions`. */
export type FeedbackValues = OptionValues<typeof feedbackOptions>;

/** How the Utilizer reranks lists, in feedback rounds and at the end (eq. 13). */
export const rerankOptions = {
  rerankDepth: integer(50, { min: 21, max: 1000, help: 'N: places of a list that the Utilizer may reorder' }),
  rerankWeight: optional({
    type: 'real',
    min: 0,
    max: 1,
    help: "weight of the Utilizer's order beside the recommender's: 0 = leave lists, 1 = its order alone, as in the paper; default: chosen on validation",
  }),
} as const;

/** The values of `rerankOptions`. */
export type RerankValues = OptionValues<typeof rerankOptions>;
