import { layers, parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { PartContext } from '../contract/model.js';
import { normalTable, stacked, zeroRow } from '../parts/tables.js';

/** Rows that a critic tells apart, [n, width] each: the same real ones beside each table of fake ones. */
export interface CriticRows {
  readonly real: Tensor;
  readonly fake: readonly Tensor[];
}

/** A critic of rows [n, width]; see `rowCritic`. */
export interface RowCritic {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** [1, 1]: mean D(fake) - mean D(real) + penalty * (|gradient of D between them| - 1)^2; rows count as constants. */
  loss(tape: Tape, rows: CriticRows, penalty: number): Tensor;
  /** [1, 1]: mean D(rows) with gradients to the rows alone, tables [n, width] taken as one. */
  judge(tape: Tape, rows: readonly Tensor[]): Tensor;
}

/**
 * D(x) = 100 sigmoid(Linear(BN(LeakyReLU(Linear(x)))), two hidden layers with dropout, normalised over the rows at hand: the
 * discriminator of MMSSL (Wei et al. 2023) under the loss of Wasserstein with gradient penalty (Gulrajani et al. 2017, algorithm 1).
 * Rows are multiplied with the first layer's weights once, and everything after that is as wide as that layer.
 * @param sizes hidden widths, the slope of LeakyReLU below 0, and the dropout after each hidden layer
 */
export function rowCritic(
  context: PartContext,
  name: string,
  sizes: {
    readonly width: number;
    readonly hidden: readonly number[];
    readonly slope: number;
    readonly dropouts: readonly number[];
  },
): RowCritic {
  const widths = [sizes.width, ...sizes.hidden, 1];
  const linears = widths.slice(1).map((outputs, l) => ({
    weight: normalTable(context, `${name}.weight${l + 1}`, [widths[l], outputs], Math.sqrt(2 / widths[l])),
    bias: zeroRow(context, `${name}.bias${l + 1}`, outputs),
  }));
  const norms = sizes.hidden.map((d, l) => ({
    scale: onesRow(context, `${name}.scale${l + 1}`, d),
    shift: zeroRow(context, `${name}.shift${l + 1}`, d),
  }));
  const [{ weight }] = linears;
  /** What comes after the first product, with dropout of its own; with parameters as they are, or as constants. */
  const chain = (tape: Tape, use: string, of: (tensor: Tensor) => Tensor = (tensor) => tensor): layers.Layer[] => [
    ...norms.flatMap(({ scale, shift }, l) => [
      l === 0
        ? layers.shifted(of(linears[l].bias), sizes.slope)
        : layers.linear(of(linears[l].weight), of(linears[l].bias), sizes.slope),
      layers.batchNorm(of(scale), of(shift)),
      layers.dropout(sizes.dropouts[l], tape.stream(`${name}, dropout ${l + 1} of ${use}`)),
    ]),
    layers.linear(of(linears[norms.length].weight), of(linears[norms.length].bias)),
    layers.sigmoid(100),
  ];
  const mean = (tape: Tape, use: string, products: Tensor) =>
    tape.mean(layers.applyLayers(tape, chain(tape, use), products));
  return {
    parameters: Object.fromEntries(
      [...linears, ...norms].flatMap((of) => Object.values(of)).map((tensor) => [tensor.name, tensor]),
    ),
    loss: (tape, rows, penalty) => {
      const product = (x: Tensor) => tape.gemm(tape.detach(x), weight);
      const once = product(rows.real);
      const real = stacked(
        tape,
        rows.fake.map(() => once),
      );
      const fake = stacked(tape, rows.fake.map(product));
      const first = { weight, real, fake };
      const between = layers.gradientPenalty(tape, first, chain(tape, 'mixed'), tape.stream(`${name}, mix`));
      const apart = tape.add(mean(tape, 'fake', fake), mean(tape, 'real', real), 1, -1);
      return tape.add(apart, between, 1, penalty);
    },
    judge: (tape, rows) => {
      const asConstant = (tensor: Tensor) => tape.detach(tensor);
      const products = rows.map((of) => tape.gemm(of, asConstant(weight)));
      return tape.mean(layers.applyLayers(tape, chain(tape, 'judged', asConstant), stacked(tape, products)));
    },
  };
}

function onesRow({ device }: PartContext, name: string, d: number): Tensor {
  const memory = device.floats(d, 'any');
  device.write(memory, new Float32Array(d).fill(1));
  return parameter(device, [1, d], memory, name);
}
