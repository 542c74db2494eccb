import { type Tape, type Tensor, uploadPattern } from '@agentmmrec/autograd';
import { transpose } from '@agentmmrec/core';
import { interactionMatrix } from '@agentmmrec/graphs';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';

/** What items contribute to what is learned from the training interactions: [items, 1], on a tape that does not record. */
export type Contributions = (tape: Tape, represented: Represented<Tensor>) => Tensor;

/**
 * g_i = |dL / d e_i| for L = sum over training pairs (u, i) of -log sigmoid(e_u . (e_i - e)) with the mean item e as the negative of all, held
 * constant: g_i = |sum over buyers u of sigmoid(-e_u . (e_i - e)) e_u|. Written out, so that nothing is recorded and none is drawn.
 */
export function itemContributions({ device, data }: PartContext): Contributions {
  const buyers = uploadPattern(device, transpose(interactionMatrix(data.train))); // [items, users]
  return (tape, { users, items }) => {
    const distances = tape.entryDots(buyers, tape.centreColumns(items), users);
    const missed = tape.unary(tape.scale(distances, -1), 'sigmoid'); // [interactions, 1]
    const gradients = tape.spmmValues(buyers, missed, users); // [items, d]
    return tape.unary(tape.rowDot(gradients, gradients), 'sqrt');
  };
}
