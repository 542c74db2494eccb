import type { Tape, Tensor } from '@agentmmrec/autograd';
import { linearLayer } from '../parts/linear.js';
import { inBatchInfonce } from '../parts/losses/contrast.js';

/**
 * The spaces of SLMRec's task `fac` (Tao et al. 2022): the ids' items and the first modality's in d dimensions, then the image of that space with each further
 * modality's, the last one in half of them.
 */
export function chainedSpaces(context: Parameters<typeof linearLayer>[0], d: number, modalities: number) {
  const layer = (name: string, outputs: number) =>
    linearLayer(context, `fac.${name}`, { inputs: d, outputs, initial: 'xavierUniform' });
  const width = (m: number) => (m > 0 && m === modalities - 1 ? Math.floor(d / 2) : d);
  const chain = Array.from({ length: modalities }, (_, m) => layer(`chain${m + 1}`, width(m)));
  const sides = Array.from({ length: modalities }, (_, m) => layer(`side${m + 1}`, width(m)));
  // with two modalities the code keeps the step of the third, which it left out
  const absent = modalities === 2 ? layer('absent', d) : null;
  const all = [...chain, ...sides, ...(absent ? [absent] : [])];
  return {
    parameters: Object.assign({}, ...all.map(({ parameters }) => parameters)) as Readonly<Record<string, Tensor>>,
    /** @param items the batch's items in each view [batch, d]: ids, then modalities */
    loss: (tape: Tape, [ids, ...views]: readonly Tensor[], temperature: number): Tensor => {
      let space = ids;
      const losses = views.map((view, m) => {
        if (m === 1 && absent) space = absent.apply(tape, space);
        space = chain[m].apply(tape, space);
        return inBatchInfonce(tape, space, sides[m].apply(tape, view), temperature);
      });
      return tape.total(losses as [Tensor, ...Tensor[]]);
    },
  };
}
