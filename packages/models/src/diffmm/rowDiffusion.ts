import { constant, Tape, Tensor } from '@agentmmrec/autograd';
import { integer, matrix, type OptionValues, real } from '@agentmmrec/core';
import type { Floats } from '@agentmmrec/kernels';
import type { PartContext } from '../contract/model.js';
import { interactionRows } from '../parts/interactionRows.js';
import { normalTable } from '../parts/tables.js';
import { diffusionSchedule } from './diffusionSchedule.js';

/** The options of `rowDiffusion`, defaults of DiffMM's code. */
export const diffusionOptions = {
  steps: integer(5, { min: 1, help: 'steps of the diffusion' }),
  noiseScale: real(0.1, { min: 0, max: 1, help: 'scale of the noise of all steps' }),
  noiseLeast: real(1e-4, { min: 1e-9, max: 1, help: 'noise of the first step, times the scale' }),
  noiseMost: real(0.02, { min: 1e-9, max: 0.999, help: 'noise of the last step, times the scale' }),
  hidden: integer(1000, { min: 1, help: 'width of the denoiser’s hidden layer' }),
  timeWidth: integer(10, { min: 2, help: 'width of the embedding of a step' }),
  dropout: real(0.5, { min: 0, max: 0.99, help: 'part of a noisy row that the denoiser does not see in training' }),
  contentWeight: real(0.1, { min: 0, help: 'weight of the distance between users by content and by ids in its loss' }),
} as const;

/** A diffusion over the users' rows of interactions. */
export interface RowDiffusion {
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** [1, 1]: the mean over the users of its loss; content and ids [items, d] count as constants. */
  loss(tape: Tape, userIds: Int32Array, items: { readonly content: Tensor; readonly ids: Tensor }): Tensor;
  /** Writes the users' rows as denoised from the last step on, without noise, to out [userIds.length, items]. */
  denoise(userIds: Int32Array, out: Floats): void;
}

/**
 * DiffMM's graph diffusion of one modality (Jiang et al. 2024, section 3.2): x_t of the user's row of interactions x_0 passes the denoiser
 * x^ = tanh([x_t, emb(t) W_e + b_e] W_1 + b_1) W_2 + b_2, whose loss is weight_t * mean (x_0 - x^)^2 + contentWeight * mean (x^ F - x_0 E)^2 with
 * content F and ids E of the items. Users are taken in blocks.
 * @param tableSize numbers in an item-wide table of the users that are worked on at once
 */
export function rowDiffusion(
  context: PartContext,
  name: string,
  options: OptionValues<typeof diffusionOptions>,
  tableSize = 2 ** 21,
): RowDiffusion {
  const { device, data } = context;
  const { items } = data;
  const { hidden, timeWidth, contentWeight } = options;
  const schedule = diffusionSchedule({
    steps: options.steps,
    scale: options.noiseScale,
    least: options.noiseLeast,
    most: options.noiseMost,
  });
  const times = constant(device, timeTable(schedule.steps, timeWidth), 'embeddings of steps');
  const levels = constant(device, levelTable([schedule.signal, schedule.noise, schedule.weight]), 'levels of steps');
  const table = (of: string, rows: number, columns: number) => ({
    weight: normalTable(context, `${name}.${of}.weight`, [rows, columns], Math.sqrt(2 / (rows + columns))),
    bias: normalTable(context, `${name}.${of}.bias`, [1, columns], 1e-3),
  });
  const time = table('time', timeWidth, timeWidth);
  const inner = table('in', items + timeWidth, hidden);
  const outer = table('out', hidden, items);
  const blockRows = Math.max(1, Math.floor(tableSize / items));

  /** x^ from x [n, items] at the steps `at` [n]. */
  const denoised = (tape: Tape, x: Tensor, at: Int32Array): Tensor => {
    const embedded = tape.linear(tape.gatherRows(times, tape.ints(at)), time.weight, time.bias); // [n, timeWidth]
    const ofRow = tape.gemm(x, tape.rows(inner.weight, 0, items));
    const ofTime = tape.linear(embedded, tape.rows(inner.weight, items, timeWidth), inner.bias);
    return tape.linear(tape.unary(tape.add(ofRow, ofTime), 'tanh'), outer.weight, outer.bias);
  };
  const parameters = [time, inner, outer].flatMap((of) => [of.weight, of.bias]);
  return {
    parameters: Object.fromEntries(parameters.map((tensor) => [tensor.name, tensor])),
    loss: (tape, userIds, of) => {
      const [content, ids] = [tape.detach(of.content), tape.detach(of.ids)];
      const stream = tape.stream(`${name}, steps`);
      const drawn = userIds.map(() => stream.integer(schedule.steps));
      const parts: Tensor[] = [];
      for (let from = 0; from < userIds.length; from += blockRows) {
        const users = userIds.subarray(from, from + blockRows);
        const at = drawn.subarray(from, from + blockRows);
        parts.push(
          tape.recomputed((own) => {
            const level = own.gatherRows(levels, own.ints(at)); // [n, 3]
            const row = interactionRows(own, data.train, users);
            const noise = own.noise('normal', row.shape, own.stream(`${name}, noise ${from}`));
            const noisy = own.add(
              own.scaleRows(row, own.columns(level, 0, 1)),
              own.scaleRows(noise, own.columns(level, 1, 1)),
            );
            const made = denoised(own, own.dropout(noisy, options.dropout, own.stream(`${name}, dropout ${from}`)), at);
            const error = own.add(row, made, 1, -1);
            const bound = own.dot(own.rowDot(error, error), own.columns(level, 2, 1), 1 / items);
            const apart = own.add(own.gemm(made, content), own.gemm(row, ids), 1, -1);
            return own.add(
              bound,
              own.squaredNorm(apart, contentWeight / content.cols),
              1 / userIds.length,
              1 / userIds.length,
            );
          }),
        );
      }
      return tape.total(parts as [Tensor, ...Tensor[]]);
    },
    denoise: (userIds, out) => {
      const tape = new Tape(device, { recording: false });
      for (let from = 0; from < userIds.length; from += blockRows) {
        const users = userIds.subarray(from, from + blockRows);
        const rows = out.subarray(from * items, (from + users.length) * items);
        const replace = (x: Tensor, alpha: number, beta: number) =>
          device.kernels.axpby({ out: rows, x: x.data, alpha, beta });
        tape.step(() => replace(interactionRows(tape, data.train, users), 1, 0));
        for (let t = schedule.steps - 1; t >= 0; t--) {
          const x = new Tensor(device, [users.length, items], rows, false, 'denoised rows');
          tape.step(() =>
            replace(
              denoised(
                tape,
                x,
                users.map(() => t),
              ),
              schedule.start[t],
              schedule.current[t],
            ),
          );
        }
      }
    },
  };
}

/** [steps, width]: cosines, then sines, of t times frequencies from 1 down to 1e-4 (Vaswani et al. 2017, section 3.5); an odd last column is 0. */
function timeTable(steps: number, width: number) {
  const half = Math.floor(width / 2);
  const table = matrix(steps, width);
  for (let t = 0; t < steps; t++) {
    for (let c = 0; c < half; c++) {
      const angle = t * Math.exp((-Math.log(10_000) * c) / half);
      table.data[t * width + c] = Math.cos(angle);
      table.data[t * width + half + c] = Math.sin(angle);
    }
  }
  return table;
}

/** [steps, columns] from columns by step. */
function levelTable(columns: readonly Float64Array[]) {
  const table = matrix(columns[0].length, columns.length);
  columns.forEach((column, c) => {
    column.forEach((value, t) => {
      table.data[t * columns.length + c] = value;
    });
  });
  return table;
}
