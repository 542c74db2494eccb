import { layers, parameter, type Tape, type Tensor } from '@agentmmrec/autograd';
import type { PartContext } from '../contract/model.js';
import { normalTable, zeroRow } from '../parts/tables.js';

/** Rows that a critic tells apart, [n, width] each. */
export interface CriticRows {
  readonly real: Tensor;
  readonly fake: Tensor;
}

/** A critic of rows [n, width]; see `rowCritic`. */
export interface RowCritic {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** [1, 1]: mean D(fake) - mean D(real) + penalty * (|gradient of D between them| - 1)^2; rows count as constants. */
  loss(tape: Tape, rows: CriticRows, penalty: number): Tensor;
  /** [1, 1]: mean D(rows) with gradients to the rows alone. */
  judge(tape: Tape, rows: Tensor): Tensor;
}

/**
 * D(x) = 100 sigmoid(Linear(BN(LeakyReLU(Linear(x)))), two hidden layers with dropout, normalised over the rows at hand: the
 * discriminator of MMSSL (Wei et al. 2023) under the loss of Wasserstein with gradient penalty (Gulrajani et al. 2017, algorithm 1).
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
  /** The layers with dropout of their own; with parameters as they are, or as constants. */
  const chain = (tape: Tape, use: string, of: (tensor: Tensor) => Tensor = (tensor) => tensor): layers.Layer[] => [
    ...norms.flatMap(({ scale, shift }, l) => [
      layers.linear(of(linears[l].weight), of(linears[l].bias)),
      layers.leakyRelu(sizes.slope),
      layers.batchNorm(of(scale), of(shift)),
      layers.dropout(sizes.dropouts[l], tape.stream(`${name}, dropout ${l + 1} of ${use}`)),
    ]),
    layers.linear(of(linears[norms.length].weight), of(linears[norms.length].bias)),
    layers.sigmoid(100),
  ];
  const mean = (tape: Tape, use: string, rows: Tensor) =>
    tape.mean(layers.applyLayers(tape, chain(tape, use), tape.detach(rows)));
  return {
    parameters: Object.fromEntries(
      [...linears, ...norms].flatMap((of) => Object.values(of)).map((tensor) => [tensor.name, tensor]),
    ),
    loss: (tape, { real, fake }, penalty) => {
      const between = layers.gradientPenalty(tape, chain(tape, 'mixed'), { real, fake }, tape.stream(`${name}, mix`));
      const apart = tape.add(mean(tape, 'fake', fake), mean(tape, 'real', real), 1, -1);
      return tape.add(apart, between, 1, penalty);
    },
    judge: (tape, rows) =>
      tape.mean(
        layers.applyLayers(
          tape,
          chain(tape, 'judged', (tensor) => tape.detach(tensor)),
          rows,
        ),
      ),
  };
}

function onesRow({ device }: PartContext, name: string, d: number): Tensor {
  const memory = device.floats(d, 'any');
  device.write(memory, new Float32Array(d).fill(1));
  return parameter(device, [1, d], memory, name);
}
