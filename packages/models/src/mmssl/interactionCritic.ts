import type { Entries, Tape, Tensor } from '@agentmmrec/autograd';
import { integer, type OptionValues, real } from '@agentmmrec/core';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { interactionPlaces, interactionRows } from '../parts/interactionRows.js';
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
  const { train } = context.data;
  /** Unit rows of u . i, 0 where the user has the item: [userIds.length, items]. */
  const unseenCosines = (tape: Tape, of: Represented<Tensor>, userIds: Int32Array, seen: Entries) => {
    const products = tape.gemm(tape.gatherRows(of.users, tape.ints(userIds)), of.items, { transposeB: true });
    return tape.normalizeRows(tape.withoutEntries(products, seen));
  };
  return {
    parameters: critic.parameters,
    loss: (tape, userIds, make) => {
      // one table [userIds.length, items] after the other: each leaves nothing but itself
      const [real, ...fake] = tape.asides((own) => {
        const { predicted, content } = make(own);
        const seen = interactionPlaces(own, train, userIds);
        const cosines = (of: Represented<Tensor>) =>
          own.aside((inner) =>
            unseenCosines(inner, { users: inner.detach(of.users), items: inner.detach(of.items) }, userIds, seen),
          );
        const likely = own.aside((inner) => {
          const rows = interactionRows(inner, train, userIds);
          const drawn = inner.noise('gumbel', rows.shape, inner.stream('noise on interactions'));
          return inner.softmaxRows(inner.add(rows, drawn, 1, options.noise));
        });
        const guessed = cosines(predicted);
        const made = own.aside((inner) => inner.normalizeRows(inner.add(likely, guessed, 1, options.predictionWeight)));
        return [made, ...content.map(cosines)];
      });
      return critic.loss(tape, { real, fake }, options.penalty);
    },
    judge: (tape, userIds, content) => {
      const seen = interactionPlaces(tape, train, userIds);
      return critic.judge(
        tape,
        content.map((of) => unseenCosines(tape, of, userIds, seen)),
      );
    },
  };
}
