import { AmrError } from '@agentmmrec/core';
import type { Floats } from './arrays.js';
import { CardMemory, COLUMNS_OF_BLOCK, partOf } from './cardMemory.js';
import type { CudaDevice } from './cudaDevice.js';
import type { NativeCudaGroup } from './native.js';
import { type CallOf, type KernelName, type Kernels, specs } from './specs.js';

/** Cards that hand each other pieces of arrays. */
export interface Cards {
  readonly devices: readonly CudaDevice[];
  readonly native: Pick<NativeCudaGroup, 'share'>;
}

/** How a kernel runs where tables are shared by columns. */
interface Rule {
  /** arguments that are tables with `d` columns, or are taken element by element; all others are the same on each card */
  readonly tables: readonly string[];
  /** working memory, of which a card needs as much less as it has of the tables */
  readonly scratch?: string;
  /** where it sums over columns: how many sums a row, and of how many rows */
  readonly sums?: { readonly ofRow: number; rows(call: never): number };
}

const WHOLE: Rule = { tables: [] };

/** Kernels without a rule are refused. */
const RULES: { readonly [K in KernelName]?: Rule } = {
  spmm: { tables: ['out', 'x'] },
  spmmRows: { tables: ['out', 'x'] },
  lightgcnReadout: { tables: ['out', 'e0'], scratch: 'scratch' },
  gatherRows: { tables: ['out', 'x'] },
  scatterRows: { tables: ['out', 'rows'] },
  axpby: { tables: ['out', 'x'] },
  adam: { tables: ['parameter', 'm', 'v', 'gradient'] },
  adamRows: { tables: ['parameter', 'm', 'v', 'gradient'] },
  bpr: {
    tables: ['dUser', 'dPositive', 'dNegative', 'user', 'positive', 'negative'],
    sums: { ofRow: 1, rows: ({ user, d }: CallOf<'bpr'>) => user.length / d },
  },
  bprStep: {
    tables: ['dRows', 'table'],
    sums: { ofRow: 2, rows: ({ nodes }: CallOf<'bprStep'>) => nodes.length / 3 },
  },
  rowDot: { tables: ['a', 'b'], sums: { ofRow: 1, rows: ({ out }: CallOf<'rowDot'>) => out.length } },
  sum: WHOLE,
  dot: WHOLE,
  entryDots: WHOLE,
  rankTopK: WHOLE,
  rankedHits: WHOLE,
  sampleNegatives: WHOLE,
  randomValues: WHOLE,
};

type AnyCall = Readonly<Record<string, unknown>>;

/** The kernels of a group. What is the same on each card each card computes itself. */
export function cardKernels(cards: Cards): Kernels {
  const kernels = specs.map(({ name }) => {
    const rule = RULES[name];
    return [name, (call: AnyCall) => (rule ? run(cards, name, rule, call) : refuse(name))];
  });
  return Object.fromEntries(kernels) as Kernels;
}

function run(cards: Cards, name: KernelName, rule: Rule, call: AnyCall): void {
  const { devices } = cards;
  const { names, given, columns } = sharedTables(name, rule, call);
  const own = (card: number): AnyCall => {
    const parts = partsOf(call, card);
    if (columns === 0) return parts;
    const { scratch } = rule;
    return {
      ...parts,
      ...('d' in call && { d: columns / devices.length }),
      ...(scratch && { [scratch]: beginningOf(parts[scratch] as Floats, devices.length) }),
    };
  };
  if (name === 'axpby' && names.length === 1 && names[0] === 'x') {
    addWhole(cards, call as unknown as CallOf<'axpby'>);
  } else if (names.length > 0 && names.length < given) {
    refuseMixture(name, names);
  } else if (columns > 0 && rule.sums) {
    runHalves(cards, name, { call, own, sums: rule.sums, columns });
  } else {
    forEach(devices, (device, card) => launch(device, name, own(card)));
  }
}

/** Sums over columns: each card's blocks of them, which are handed round, and then the rest on each. */
function runHalves(
  { devices, native }: Cards,
  name: KernelName,
  work: { call: AnyCall; own(card: number): AnyCall; sums: NonNullable<Rule['sums']>; columns: number },
): void {
  const cards = devices.length;
  const { call, own, sums, columns } = work;
  const blocks = columns / COLUMNS_OF_BLOCK / cards;
  const piece = 2 * sums.rows(call as never) * sums.ofRow * blocks; // doubles, counted as floats
  const memory = devices.map((device) => device.floats(cards * piece, 'any'));
  for (const half of ['first', 'second'] as const) {
    forEach(devices, (device, card) =>
      device.onShareOfColumns(half, { blocks: memory[card], cards, card }, () => launch(device, name, own(card))),
    );
    if (half === 'first') handRound({ devices, native }, memory, piece);
  }
  forEach(devices, (device, card) => device.release(memory[card]));
}

/** out = alpha x + beta out with the same `out` on each card, and an x of which each has some columns. */
function addWhole(cards: Cards, call: CallOf<'axpby'>): void {
  const x = gathered(cards, call.x as CardMemory<'f32'>);
  forEach(cards.devices, (device, card) => {
    device.kernels.axpby({ ...call, ...partsOf({ out: call.out }, card), x: x[card] } as CallOf<'axpby'>);
    device.release(x[card]);
  });
}

/** All columns of a table on each card. The caller releases the memory. */
export function gathered(cards: Cards, table: CardMemory<'f32'>) {
  const { devices } = cards;
  const [piece, own] = [table.length / devices.length, table.columns / devices.length];
  const pieces = devices.map((device, card) => {
    const all = device.floats(table.length, 'any');
    const place = all.subarray(card * piece, (card + 1) * piece);
    device.kernels.axpby({ out: place, x: table.parts[card], alpha: 1, beta: 0 });
    return all;
  });
  handRound(cards, pieces, piece);
  return devices.map((device, card) => {
    const out = device.floats(table.length, 'any');
    forEach(devices, (_, of) => {
      const x = pieces[card].subarray(of * piece, (of + 1) * piece);
      device.kernels.copyColumns({ out, x, width: table.columns, at: of * own, d: own });
    });
    device.release(pieces[card]);
    return out;
  });
}

/** Each card's piece of its array goes to the others. */
function handRound({ devices, native }: Cards, arrays: readonly { readonly handle: object }[], piece: number): void {
  native.share(
    arrays.map(({ handle }) => handle),
    Array.from({ length: devices.length + 1 }, (_, card) => card * piece),
  );
}

/** The tables of a call that are shared by columns, and how many tables there are. */
function sharedTables(name: KernelName, { tables, scratch }: Rule, call: AnyCall) {
  const given = tables.filter((table) => call[table] instanceof CardMemory);
  const names = given.filter((table) => isShared(call[table]));
  const others = Object.keys(call).filter((key) => !tables.includes(key) && key !== scratch && isShared(call[key]));
  if (others.length > 0) refuseMixture(name, others);
  const widths = new Set(names.map((table) => (call[table] as CardMemory<'f32'>).columns));
  const [columns = 0] = widths;
  if (widths.size > 1 || (columns > 0 && 'd' in call && call.d !== columns)) {
    throw mistake(name, `rows of ${[...widths].join(' and ')} columns, d ${call.d}`, 'tables of one width, which is d');
  }
  return { names, given: given.length, columns };
}

function isShared(argument: unknown): boolean {
  return argument instanceof CardMemory && argument.columns > 0;
}

function partsOf(call: AnyCall, card: number): AnyCall {
  return Object.fromEntries(Object.entries(call).map(([name, argument]) => [name, partOf(argument, card)]));
}

function beginningOf(memory: Floats, cards: number): Floats {
  return memory.subarray(0, memory.length / cards);
}

function launch(device: CudaDevice, name: KernelName, call: AnyCall): void {
  (device.kernels[name] as (call: unknown) => void)(call);
}

function forEach(devices: readonly CudaDevice[], body: (device: CudaDevice, card: number) => void): void {
  for (const [card, device] of devices.entries()) body(device, card);
}

function refuse(name: KernelName): never {
  throw new AmrError({
    what: name,
    got: 'several cards',
    expected: 'one card: it is not among the kernels that share columns',
    hint: 'use --device cuda',
  });
}

function refuseMixture(name: KernelName, shared: readonly string[]): never {
  throw mistake(name, `${shared.join(', ')} shared by columns beside whole tables`, 'all of one kind');
}

function mistake(name: KernelName, got: string, expected: string): AmrError {
  const hint = 'take tables with `Device.table`, all else with `floats`';
  return new AmrError({ what: `${name} on several cards`, got, expected, hint, kind: 'internal' });
}
