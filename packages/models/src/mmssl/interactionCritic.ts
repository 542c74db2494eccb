import type { Tape, Tensor } from '@agentmmrec/autograd';
import { integer, type OptionValues, real } from '@agentmmrec/core';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { interactionRows } from '../parts/interactionRows.js';
import { stacked } from '../parts/tables.js';
import { rowCritic } from './rowCritic.js';

/** The options of `interactionCritic`, defaults of MMSSL's code. */
export const criticOptions = {
  penalty: real(0.3, { min: 0, help: 'weight of the critic’s gradient penalty' }),
  criticRate: real(3e-4, { min: 0, help: 'learning rate of the critic' }),
  criticDivisor: integer(4, {
    min: 1,
    help: 'the critic’s first layer has items / this columns, the second half as many',
  }),
  slope: real(0.01, { min: 0, max: 1, help: 'slope of the critic’s LeakyReLU below 0; 1: as in the code' }),
  criticDropout: real(0.31, { min: 0, max: 0.99, help: 'dropout after the critic’s first layer' }),
  criticDropout2: real(0.5, { min: 0, max: 0.99, help: 'dropout after the critic’s second layer' }),
  noise: real(0.002, { min: 0, help: 'scale of the Gumbel noise on the interactions that the critic sees' }),
  predictionWeight: real(100, { min: 0, help: 'weight of the predicted cosines beside those interactions' }),
} as const;

/** What the critic sees of a model: the tables by which it ranks, and its content by modality. */
export interface CriticTables {
  readonly predicted: Represented<Tensor>;
  readonly content: readonly Represented<Tensor>[];
}

/** Tells rows of interactions from rows made of content. */
export interface InteractionCritic {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Its own loss over distinct users, from the tables as `make` makes them, to which no gradients flow. */
  loss(tape: Tape, userIds: Int32Array, make: (tape: Tape) => CriticTables): Tensor;
  /** [1, 1]: what it says of the content of these users, with gradients to the content alone. */
  judge(tape: Tape, userIds: Int32Array, content: readonly Represented<Tensor>[]): Tensor;
}

/**
 * The adversarial part of MMSSL (Wei et al. 2023, section 3.1) by users and modality: fake are the unit rows of f_u . f_i over the unseen
 * items; real are those of softmax(interactions + noise * Gumbel) + predictionWeight * the unit row of e_u . e_i over the unseen items.
 */
export function interactionCritic(
  context: PartContext,
  options: OptionValues<typeof criticOptions>,
): InteractionCritic {
  const { items } = context.data;
  const hidden = [1, 2].map((half) => Math.max(1, Math.floor(items / (half * options.criticDivisor))));
  const critic = rowCritic(context, 'critic', {
    width: items,
    hidden,
    slope: options.slope,
    dropouts: [options.criticDropout, options.criticDropout2],
  });
  const seenBy = (tape: Tape, userIds: Int32Array) => interactionRows(tape, context.data.train, userIds);
  /** Unit rows of u . i, 0 where the user has the item: [userIds.length, items]. */
  const unseenCosines = (tape: Tape, of: Represented<Tensor>, userIds: Int32Array, seen: Tensor) => {
    const products = tape.gemm(tape.gatherRows(of.users, tape.ints(userIds)), of.items, { transposeB: true });
    return tape.normalizeRows(tape.multiply(products, tape.unary(tape.scale(seen, -1), 'shift', 1)));
  };
  return {
    parameters: critic.parameters,
    loss: (tape, userIds, make) => {
      const all = tape.aside((own) => {
        const { predicted, content } = make(own);
        const seen = seenBy(own, userIds);
        const drawn = own.noise('gumbel', seen.shape, own.stream('noise on interactions'));
        const likely = own.softmaxRows(own.add(seen, drawn, 1, options.noise));
        const guessed = unseenCosines(own, predicted, userIds, seen);
        const real = own.normalizeRows(own.add(likely, guessed, 1, options.predictionWeight));
        const fake = content.map((of) => unseenCosines(own, of, userIds, seen));
        return stacked(own, [...fake.map(() => real), ...fake]);
      });
      const [real, fake] = [0, all.rows / 2].map((from) => tape.rows(all, from, all.rows / 2));
      return critic.loss(tape, { real, fake }, options.penalty);
    },
    judge: (tape, userIds, content) => {
      const seen = seenBy(tape, userIds);
      return critic.judge(
        tape,
        stacked(
          tape,
          content.map((of) => unseenCosines(tape, of, userIds, seen)),
        ),
      );
    },
  };
}
