import { parameter, type Tensor } from '@agentmmrec/autograd';
import { integer, real, transpose } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { interactionMatrix } from '@agentmmrec/graphs';
import type { Device, DeviceCsr, Floats } from '@agentmmrec/kernels';
import { defineModel, presetOption } from './contract/model.js';

/**
 * Matrix factorisation on implicit feedback by alternating least squares: users and items [., d] minimise
 * sum over all pairs of w_ui (r_ui - x_u . y_i)^2 + sum over rows of lambda_row |row|^2, where an observed pair has r = 1 and weight
 * `weight`, any other r = 0 and weight 1. Each sweep solves all users for given items and then all items for given users, by a few
 * steps of conjugate gradients from where the rows are. Defaults: docs/measurements.md#the-simple-rows.
 *
 * lambda_row = regularisation * (total weight of the row's pairs / mean of that weight over rows)^frequencyScaling
 *
 * Source: Hu, Koren and Volinsky 2008, "Collaborative filtering for implicit feedback datasets", eq. 3-5 (with 1 + alpha = weight);
 * the steps: Takács et al. 2011, "Applications of the conjugate gradient method for implicit feedback collaborative filtering"; lambda
 * without its mean: Rendle et al. 2022, "Revisiting the performance of iALS on item recommendation benchmarks", eq. 5.
 */
export const ials = defineModel({
  name: 'ials',
  source: 'Hu et al. 2008, ICDM, eq. 3-5; Takács et al. 2011, RecSys; Rendle et al. 2022, RecSys, eq. 5',
  needs: [],
  options: {
    preset: presetOption(['source'], 'source = 200 columns, weight 41 and 10 sweeps, as in the first paper'),
    dimensions: integer(256, { min: 1, help: 'width of the factors' }),
    weight: real(20, { min: 1, help: 'weight of an observed pair; all others weigh 1' }),
    regularisation: real(100, { min: 1e-6, help: 'weight of the squared norm of a row of average frequency' }),
    frequencyScaling: real(0, { min: 0, max: 1, help: 'power of its frequency by which a row is regularised more' }),
    sweeps: integer(15, { min: 1, help: 'times that all users and all items are solved' }),
    steps: integer(3, { min: 1, help: 'steps of conjugate gradients a row takes in a sweep' }),
  },
  presets: { source: { dimensions: 200, weight: 41, sweeps: 10 } },
  sharesColumns: false, // a row is solved whole
  tuning: { regularisation: [30, 100], frequencyScaling: [0, 0.5] },
  build: ({ data, device, options, random }) => {
    const { dimensions: d, sweeps } = options;
    const users = parameter(device, [data.users, d], device.floats(data.users * d), 'users');
    const items = parameter(device, [data.items, d], device.floats(data.items * d), 'items');
    const stream = random.stream('parameter items');
    device.write(
      items.data,
      Float32Array.from({ length: data.items * d }, () => (0.1 / Math.sqrt(d)) * stream.normal()),
    );
    const sides = sidesOf(device, data.train, options);
    const gram = device.floats(d * d, 'any');
    const solve = (of: Tensor, given: Tensor, side: Side): void => {
      const y = given.settle();
      device.kernels.gemm({ out: gram, a: y, b: y, m: d, n: d, k: given.rows, transposeA: true });
      device.kernels.leastSquaresRows({ out: of.settle(), y, gram, d, ...side, ...pick(options) });
    };
    return {
      parameters: { users, items },
      sweeps: {
        count: sweeps,
        *sweep() {
          solve(users, items, sides.users);
          yield 0.5;
          solve(items, users, sides.items);
          yield 1;
          return null;
        },
      },
      forward: () => ({ users, items }),
    };
  },
});

/** The rows of one side: their pairs, and how much each is regularised. */
interface Side {
  readonly pattern: DeviceCsr;
  readonly regularisation: Floats;
}

const pick = ({ weight, steps }: { weight: number; steps: number }) => ({ weight, steps });

function sidesOf(
  device: Device,
  interactions: Interactions,
  options: { weight: number; regularisation: number; frequencyScaling: number },
): { users: Side; items: Side } {
  const matrix = interactionMatrix(interactions);
  const side = (of: typeof matrix): Side => {
    const weights = Float64Array.from(
      { length: of.rows },
      (_, row) => of.cols + (options.weight - 1) * (of.offsets[row + 1] - of.offsets[row]),
    );
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
    const scaled = Float32Array.from(
      weights,
      (weight) => options.regularisation * (weight / mean) ** options.frequencyScaling,
    );
    return { pattern: device.uploadCsr(of), regularisation: device.upload(scaled) };
  };
  return { users: side(matrix), items: side(transpose(matrix)) };
}
