import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Represented } from '../contract/data.js';
import type { Linear } from '../parts/linear.js';
import { infonceOfRows } from '../parts/losses/contrast.js';
import { nodesOf } from '../parts/tables.js';
import { momentDistances } from './moments.js';
import type { MentorOptions } from './options.js';

type Sides = Represented<Tensor>;

/** Length of the noise that a propagated row of a noisy branch gets in the direction of its signs. */
const NOISE = 0.1;

/** X + .1 sign(X) * unit uniform noise, anew for each layer of a branch (eq. 12, 13). */
export function withNoise(tape: Tape, branch: string): (layer: Tensor) => Tensor {
  let layers = 0;
  return (layer) => {
    const drawn = tape.noise('uniform', layer.shape, tape.stream(`${branch}, ${layers++}`));
    return tape.add(layer, tape.multiply(tape.unary(layer, 'sign'), tape.normalizeRows(drawn)), 1, NOISE);
  };
}

/** Distances of mean and variance of all elements between each two of the representation and its guides. */
export function alignmentTerms(tape: Tape, all: readonly Sides[], { alignment }: MentorOptions): Tensor[] {
  const tables = all.map((of) => nodesOf(tape, of));
  return momentDistances(tape, tables).map((distance) => tape.scale(distance, alignment));
}

/** InfoNCE over all users and over all items between two noisy representations. */
export function noiseTerms(tape: Tape, [first, second]: readonly Sides[], options: MentorOptions): Tensor[] {
  return (['users', 'items'] as const).map((side) =>
    tape.scale(infonceOfRows(tape, first[side], second[side], options.temperature), options.infonce),
  );
}

/** 1 - the mean cosine between what dropout leaves of the representation and its image under a linear layer. */
export function maskTerms(tape: Tape, whole: Sides, mask: Linear, { dropout, featureMask }: MentorOptions): Tensor[] {
  return (['users', 'items'] as const).map((side) => {
    const seen = tape.dropout(whole[side], dropout, tape.stream(`mask, ${side}`));
    const cosine = tape.rowDot(tape.normalizeRows(seen), tape.normalizeRows(mask.apply(tape, whole[side])));
    return tape.scale(tape.unary(tape.mean(cosine), 'shift', -1), -featureMask);
  });
}
