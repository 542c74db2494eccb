import { constant, type PackedMatrix, packMatrix, packMatrixInto, Tensor } from '@agentmmrec/autograd';
import { AmrError, digest, RandomStreams, text } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import type { Floats } from '@agentmmrec/kernels';
import type { PartContext } from '../../contract/model.js';
import type { Inputs } from '../tables.js';
import { energyOf, featureBasis } from './featureBasis.js';

/** Narrower features cost less than a basis of them. */
const narrow = 256;
/** Raised when a basis of the same features becomes another. */
const basisVersion = 1;

/** The option that says through how many directions features enter. */
export function featureRankOption(byDefault: 'auto' | 'full') {
  return text(
    byDefault,
    'through how many directions of their own wide item features enter a layer: auto = all where those are few, else as many as keep ' +
      '99.9 % of the energy; full = as they are; or a number',
  );
}

/** Features on their way into a layer: constant [items, width, or fewer]. */
export interface EnteringFeatures<Values = Tensor> {
  readonly values: Values;
  /** what the layer's weights are to know of them */
  readonly inputs: Inputs;
}

/**
 * The features x [items, width] of a modality for a layer x W, as they are or as z = s x B with an orthonormal basis B [width, rank] of
 * their own rows and W = s B V.
 *
 * x W = z V wherever the rows of x lie in the basis, so the layers are the same model; what is left out is said. Adam takes each
 * coordinate by itself and therefore does not take the same steps in the two. It moves every weight by about its rate, and so the output
 * along a gradient g by |g|_1: sqrt(width) directions' worth in x, sqrt(rank) in z. The factor s = sqrt(width / rank)
 * makes them alike. The basis goes into checkpoints, for a processor of another kind may find another one.
 */
export function enteringFeatures(context: PartContext, features: Features, option: string): EnteringFeatures {
  return entering(context, features, option, () => {});
}

/** The same as a projection takes them: in the run's precision, for which bf16 also stores them. */
export function projectedFeatures(
  context: PartContext,
  features: Features,
  option: string,
): EnteringFeatures<Tensor | PackedMatrix> {
  const enter = context.precision === 'bf16' ? packedFeatures : enteringFeatures;
  return enter(context, features, option);
}

function packedFeatures(context: PartContext, features: Features, option: string): EnteringFeatures<PackedMatrix> {
  let packed: PackedMatrix | null = null;
  const { values, inputs } = entering(context, features, option, (turned) => {
    if (packed) packMatrixInto(context.device, turned, packed);
  });
  packed = packMatrix(context.device, values.data, values.shape);
  return { values: packed, inputs };
}

/** @param turned called with z after a checkpoint brought another basis */
function entering(
  context: PartContext,
  features: Features,
  option: string,
  turned: (z: Floats) => void,
): EnteringFeatures {
  const { device, remark } = context;
  const { modality, matrix: x } = features;
  const { rows, cols: width } = x;
  const rank = rankOf(option);
  const isWhole = rank === 'full' || (rank === 'auto' ? width < narrow : rank >= width);
  const basis = isWhole ? null : keptBasis(context, features, rank);
  if (basis === null || basis.cols >= width) {
    if (rank === 'auto' && width >= narrow) {
      remark(
        `${modality} features enter as they are: no half of their ${width} directions keeps 99.9 % of their energy`,
      );
    }
    const inputs = { inputs: width, insteadOf: width, longerBy: 1 };
    return { values: constant(device, x, `${modality} features`), inputs };
  }
  const longerBy = Math.sqrt(width / basis.cols);
  const z = device.floats(rows * basis.cols, 'any');
  const directions = device.floats(basis.data.length, 'any');
  const turn = (): void => {
    const table = device.upload(x.data); // the matrix itself on the CPU, where release does nothing
    const sizes = { m: rows, n: basis.cols, k: width };
    device.kernels.gemm({ out: z, a: table, b: directions, ...sizes, alpha: longerBy });
    device.release(table);
  };
  device.write(directions, basis.data);
  turn();
  context.keeps(`directions.${modality}`, directions, () => {
    turn();
    turned(z);
  });
  const left = Math.max(0, 1 - energyOf(device.read(z)) / longerBy ** 2 / energyOf(x.data));
  const without = left < 1e-6 ? 'a millionth' : `${(100 * left).toPrecision(2)} %`;
  remark(`${modality} features enter through ${basis.cols} of ${width} directions, without ${without} of their energy`);
  const values = new Tensor(device, [rows, basis.cols], z, false, `${modality} features`);
  return { values, inputs: { inputs: basis.cols, insteadOf: width, longerBy } };
}

function keptBasis({ device, data }: PartContext, { matrix: x }: Features, rank: number | 'auto') {
  // of no run's seed: all runs on the same features share the directions
  const make = () => featureBasis(device, x, rank, new RandomStreams(0).stream('directions of features', x.cols));
  if (!data.keep) return make();
  const inputs = { features: digest(x.data), width: x.cols, rank };
  return data.keep({ stage: 'directions', stageVersion: basisVersion, inputs }, make);
}

function rankOf(option: string): number | 'auto' | 'full' {
  if (option === 'auto' || option === 'full') return option;
  const rank = Number(option);
  if (Number.isInteger(rank) && rank >= 1) return rank;
  throw new AmrError({
    what: 'option featureRank',
    got: JSON.stringify(option),
    expected: 'auto, full, or a whole number from 1',
    hint: 'for example --feature-rank 256',
  });
}
