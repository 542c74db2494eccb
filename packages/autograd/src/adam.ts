import { AmrError } from '@agentmmrec/core';
import type { Floats, Ints, Recorder } from '@agentmmrec/kernels';
import type { Tensor } from './tensor.js';

/** Hyper-parameters of Adam; the defaults are the paper's. */
export interface AdamOptions extends AdamSettings {
  readonly learningRate: number;
  /**
   * true: rows without a gradient in a step that names its rows take none, instead of owing one. Moments of rows that are seldom named
   * last longer so, and such rows do not drift on; a step then costs what it names and nothing else. false
   */
  readonly lazy?: boolean;
  /** what differs for the parameter of a name */
  readonly of?: (name: string) => AdamSettings;
}

/** What may differ from parameter to parameter. */
export interface AdamSettings {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** decoupled weight decay (AdamW, Loshchilov and Hutter 2019); 0 = plain Adam */
  readonly weightDecay?: number;
}

/** What a checkpoint needs to go on with the same bits: steps taken, and `<parameter>.m`, `<parameter>.v`. */
export interface AdamState {
  readonly step: number;
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) over named parameters, dense: every row moves each step, as in the field's libraries.
 *
 * Where a step leaves a `rowGradient`, the other rows only owe a step without a gradient. They pay when somebody reads them: the
 * same numbers to the last bit, but a table that is far larger than a batch no longer crosses the memory bus in every step.
 */
export class Adam {
  private readonly tables: Readonly<Record<string, AdamTable>>;
  private steps = 0;
  private factor = 1;
  private clock: Ints | null = null;

  constructor(
    private readonly parameters: Readonly<Record<string, Tensor>>,
    { of, lazy = false, ...options }: AdamOptions,
  ) {
    this.tables = Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => {
        const own = { ...options, ...of?.(name) };
        const settings = () => ({ ...own, learningRate: own.learningRate * this.factor });
        return [name, new AdamTable(parameter, lazy, settings)];
      }),
    );
  }

  /** Multiplies every learning rate from the next step on (schedules); what rows owe is paid at the rate they owe it. */
  scaleLearningRate(factor: number): void {
    if (factor !== this.factor) this.catchUp();
    this.factor = factor;
  }

  /**
   * Updates in place every parameter that has a gradient, and gives the gradients back to the pool. A parameter that no
   * gradient reached since the last step is left alone, its moments too.
   */
  step(): void {
    this.steps++;
    const tables = Object.values(this.tables);
    const together: TableStep[] = [];
    for (const table of tables) table.step(this.steps, this.clock, together);
    if (this.clock && together.length > 0) recorderOf(this.parameters).adamTables(this.clock, together);
    for (const table of tables) table.dropGradient();
  }

  /**
   * From here on the steps are counted by `clock` [1] on the device, which then makes all tables move in one launch and steps recordable:
   * it must hold the steps taken so far and count one before each `step`. Null: the host counts.
   */
  countBy(clock: Ints | null): void {
    this.clock = clock;
    for (const table of Object.values(this.tables)) table.clock = clock;
  }

  /** Steps taken so far. */
  get stepsTaken(): number {
    return this.steps;
  }

  /** Brings the tables into the state in which the last step found them, before that step is made again from a recording. */
  prepareRepeat(): void {
    for (const table of Object.values(this.tables)) table.prepareRepeat(this.steps);
  }

  /** To be called when a recording of the last step was run: it counts. */
  repeated(): void {
    this.steps++;
    for (const table of Object.values(this.tables)) table.repeated(this.steps);
  }

  /** To be called when a step was recorded but not run: it does not count. */
  recorded(): void {
    this.steps--;
    for (const table of Object.values(this.tables)) table.repeated(this.steps);
  }

  /** The state on the host; not `copied` it is to be used at once, for on the CPU it is the optimizer's own memory. */
  state({ copied = true }: { readonly copied?: boolean } = {}): AdamState {
    this.catchUp();
    const host = (device: Tensor['device'], memory: Floats) =>
      copied ? device.read(memory).slice() : device.read(memory);
    const buffers: Record<string, Float32Array> = {};
    for (const [name, { device }] of Object.entries(this.parameters)) {
      buffers[`${name}.m`] = host(device, this.tables[name].m);
      buffers[`${name}.v`] = host(device, this.tables[name].v);
    }
    return { step: this.steps, buffers };
  }

  /** Takes over a state made by `state`. @throws AmrError input when a buffer is missing, unknown, or of another length */
  load(state: AdamState): void {
    const wanted = new Map<string, { device: Tensor['device']; buffer: Floats }>();
    for (const [name, { device }] of Object.entries(this.parameters)) {
      wanted.set(`${name}.m`, { device, buffer: this.tables[name].m });
      wanted.set(`${name}.v`, { device, buffer: this.tables[name].v });
    }
    for (const [name, { buffer }] of wanted) {
      const given = state.buffers[name];
      if (given?.length !== buffer.length) {
        throw stateError(`buffer ${name}`, given ? `${given.length} values` : 'nothing', `${buffer.length} values`);
      }
    }
    const unknown = Object.keys(state.buffers).find((name) => !wanted.has(name));
    if (unknown) throw stateError(`buffer ${unknown}`, 'an unknown name', `one of ${[...wanted.keys()].join(', ')}`);
    this.catchUp();
    for (const [name, { device, buffer }] of wanted) device.write(buffer, state.buffers[name]);
    this.steps = state.step;
    this.clock = null;
    for (const table of Object.values(this.tables)) table.clock = null;
  }

  /** Gives the moments back to the pool; the optimizer must not be used again, the parameters may. */
  release(): void {
    for (const table of Object.values(this.tables)) table.release();
  }

  private catchUp(): void {
    for (const table of Object.values(this.tables)) table.catchUp();
  }
}

/** The moments of one parameter [rows, cols], and how many steps each of its rows has taken while some wait. */
class AdamTable {
  readonly m: Floats;
  readonly v: Floats;
  /** null: no row owes a step */
  private readonly stepsTaken: Ints | null;
  /** the last step that rows take when they catch up */
  private owedTo = 0;
  /** the last step of the optimizer, and whether it moved some rows alone */
  private lastStep = 0;
  private movesRows = false;
  clock: Ints | null = null;

  constructor(
    private readonly parameter: Tensor,
    lazy: boolean,
    private readonly settings: () => AdamSettings & { readonly learningRate: number },
  ) {
    const { device, rows } = parameter;
    this.m = device.alike(parameter.dataAsIs);
    this.v = device.alike(parameter.dataAsIs);
    this.stepsTaken = lazy ? null : device.ints(rows, 'any'); // written when rows begin to wait
  }

  /** Moves what has a gradient; where a clock counts, tables that move whole are left to `together`. */
  step(step: number, clock: Ints | null, together: TableStep[]): void {
    const { parameter } = this;
    const { gradient, rowGradient } = parameter;
    if (gradient && rowGradient) throw twoGradients(parameter);
    this.lastStep = step;
    this.movesRows = rowGradient !== null;
    if (rowGradient) {
      this.beginWaiting(step - 1);
      this.owedTo = step;
      this.moveRows({ rowIds: rowGradient.rowIds, gradient: rowGradient.rows });
      return;
    }
    this.catchUp();
    if (!gradient) return;
    const call = { parameter: parameter.settle(), m: this.m, v: this.v, gradient, ...this.settings() };
    if (clock) together.push(call);
    else parameter.device.kernels.adam({ ...call, step });
  }

  dropGradient(): void {
    this.parameter.dropGradient();
  }

  /** Brings these rows, or all, to the last step that had gradients. */
  catchUp(rowIds?: Ints): void {
    if (this.parameter.waiting !== this) return;
    this.moveRows(rowIds ? { rowIds } : {});
    if (!rowIds) this.parameter.waiting = null;
  }

  prepareRepeat(taken: number): void {
    if (this.movesRows) this.beginWaiting(taken);
    else this.catchUp();
  }

  repeated(step: number): void {
    this.lastStep = step;
    if (this.movesRows) this.owedTo = step;
  }

  release(): void {
    this.catchUp();
    const { device } = this.parameter;
    for (const memory of [this.m, this.v, this.stepsTaken]) if (memory) device.release(memory);
  }

  private beginWaiting(taken: number): void {
    const { device, rows, waiting } = this.parameter;
    if (waiting === this || this.stepsTaken === null) return;
    device.write(this.stepsTaken, new Int32Array(rows).fill(taken));
    this.parameter.waiting = this;
  }

  private moveRows(which: { readonly rowIds?: Ints; readonly gradient?: Floats }): void {
    const { parameter, m, v, stepsTaken, owedTo, clock, lastStep } = this;
    const { device, cols: d } = parameter;
    device.kernels.adamRows({
      parameter: parameter.dataAsIs,
      m,
      v,
      ...(stepsTaken && { stepsTaken }),
      ...which,
      d,
      step: owedTo,
      // The clock says the optimizer's last step; rows may owe less than that.
      ...(clock && which.rowIds && owedTo === lastStep && { clock }),
      ...this.settings(),
    });
  }
}

/** A step of one table, less its number. */
type TableStep = Parameters<Recorder['adamTables']>[1][number];

/** The recorder of the device that parameters counted by a clock are on. */
function recorderOf(parameters: Readonly<Record<string, Tensor>>): Recorder {
  const recorder = Object.values(parameters)[0]?.device.recorder;
  if (recorder) return recorder;
  throw new AmrError({
    what: 'optimizer',
    got: 'a clock on a device that records nothing',
    expected: 'a device with a recorder',
    hint: 'let the host count the steps',
    kind: 'internal',
  });
}

function twoGradients({ name }: Tensor): AmrError {
  return new AmrError({
    what: `optimizer, parameter ${name}`,
    got: 'a gradient of the whole and one of some rows',
    expected: 'one of them',
    hint: 'a fused step may not run between a backward pass and the optimizer',
    kind: 'internal',
  });
}

function stateError(what: string, got: string, expected: string): AmrError {
  return new AmrError({
    what: `optimizer state, ${what}`,
    got,
    expected,
    hint: 'the checkpoint is of another model or other options: train again or name the right checkpoint',
  });
}
