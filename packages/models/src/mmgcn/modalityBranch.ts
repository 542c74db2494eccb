import type { SparseMatrix, Tape, Tensor } from '@agentmmrec/autograd';
import type { Features } from '@agentmmrec/datasets';
import type { Ints } from '@agentmmrec/kernels';
import type { PartContext } from '../contract/model.js';
import { constantFeatures } from '../parts/features/featureTables.js';
import { linearLayer } from '../parts/linear.js';
import { nodesOf, rowTable } from '../parts/tables.js';

/** The network of one modality of MMGCN (Wei et al. 2019, eq. 1-5); its parameters are called `<modality>.<...>`. */
export function modalityBranch(
  context: PartContext,
  features: Features,
  options: { dimensions: number; layers: number; imageWidth: number; concatenate: boolean },
) {
  const { modality } = features;
  const { users } = context.data;
  const d = options.dimensions;
  const raw = constantFeatures(context, features); // [items, raw.cols]
  const width = modality === 'image' ? options.imageWidth : raw.cols;
  const project =
    modality === 'image' ? linearLayer(context, `${modality}.project`, { inputs: raw.cols, outputs: width }) : null;
  const preference = rowTable(context, `${modality}.preference`, users, width);
  const layers = Array.from({ length: options.layers }, (_, l) => {
    const inputs = l === 0 ? width : d;
    const named = (part: string) => `${modality}.layer${l + 1}.${part}`;
    const initial = 'xavierNormal' as const;
    return {
      neighbours: linearLayer(context, named('neighbours'), { inputs, outputs: inputs, bias: false, initial }),
      self: linearLayer(context, named('self'), { inputs, outputs: d, initial }),
      join: linearLayer(context, named('join'), {
        inputs: options.concatenate ? inputs + d : inputs,
        outputs: d,
        ...(l === 0 && { initial }), // the code draws the first by Xavier and leaves the others as they come
      }),
    };
  });
  const slope = 0.01; // of LeakyReLU
  const leaky = (tape: Tape, x: Tensor) => tape.unary(x, 'leakyRelu', slope);
  return {
    modality,
    preference,
    parameters: Object.assign(
      { [preference.name]: preference, ...project?.parameters },
      ...layers.flatMap((layer) => Object.values(layer).map(({ parameters }) => parameters)),
    ) as Readonly<Record<string, Tensor>>,
    /** [users + items, d], or of some nodes [rows.length, d]: the last layer is that of these rows alone. */
    convolve: (tape: Tape, mean: SparseMatrix, ids: Tensor, rows?: Ints): Tensor => {
      const own = project ? project.apply(tape, raw) : raw;
      let x = tape.normalizeRows(nodesOf(tape, { users: preference, items: own }));
      for (const [l, { neighbours, self, join }] of layers.entries()) {
        const only = l === layers.length - 1 ? rows : undefined;
        const of = (table: Tensor) => (only ? tape.gatherRows(table, only) : table);
        const beside = only ? tape.spmmRows(mean, only, x) : tape.spmm(mean, x);
        const h = leaky(tape, neighbours.apply(tape, beside));
        const y = tape.add(self.apply(tape, of(x), slope), of(ids));
        x = options.concatenate
          ? join.apply(tape, tape.concatenate([h, y]), slope)
          : leaky(tape, tape.add(join.apply(tape, h), y));
      }
      return x;
    },
  };
}
