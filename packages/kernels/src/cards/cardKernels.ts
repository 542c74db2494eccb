import type { DeviceCsr, Floats } from '../arrays.js';
import { type CallOf, definitions, type KernelName, type Kernels, specs } from '../specs.js';
import { CardMemory, COLUMNS_OF_BLOCK, partOf } from './cardMemory.js';
import { type Card, type Cards, forEach, handRound, Wholes } from './cardTransfers.js';

/** How a kernel runs where tables are shared by columns. */
interface Rule {
  /** arguments whose columns, or elements where it knows no columns, are taken each by itself */
  readonly tables: readonly string[];
  /** working memory, of which a card needs as much less as it has of the tables */
  readonly scratch?: string;
  /** where it sums over columns: how many sums a row, and of how many rows */
  readonly sums?: { readonly ofRow: number; rows(call: never): number };
}

/** All other kernels take each row whole. */
const RULES: { readonly [K in KernelName]?: Rule } = {
  spmm: { tables: ['out', 'x'] },
  spmmRows: { tables: ['out', 'x'] },
  lightgcnReadout: { tables: ['out', 'e0'], scratch: 'scratch' },
  neighbourMean: { tables: ['out', 'x'] },
  gatherRows: { tables: ['out', 'x'] },
  scatterRows: { tables: ['out', 'rows'] },
  copyColumns: { tables: ['out', 'x'] },
  addColumns: { tables: ['out', 'x'] },
  scaleRows: { tables: ['out', 'x'] },
  scaleColumns: { tables: ['out', 'x', 'scale'] },
  addBias: { tables: ['out', 'x', 'bias'] },
  addRowSums: { tables: ['out', 'x'] },
  axpby: { tables: ['out', 'x', 'y'] },
  multiply: { tables: ['out', 'a', 'b'] },
  unary: { tables: ['out', 'x'] },
  unaryBackward: { tables: ['dx', 'dOut', 'x', 'out'] },
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
};

/** Outputs that are written whole, where no `beta` says otherwise, so that what was there need not be handed round. */
const OVERWRITTEN: ReadonlySet<KernelName> = new Set([
  'gemm',
  'normalizeRows',
  'softmaxRows',
  'transpose',
  'randomValues',
  'dropout',
  'hypercomplex',
]);

/** Arguments that say how many columns there are, or which. */
const COLUMNS = ['d', 'width', 'at'] as const;

type AnyCall = Readonly<Record<string, unknown>>;

/**
 * The kernels of a group. What is the same on each card each card computes itself; columns are computed where they are; what needs whole
 * rows of shared tables gets them handed round.
 */
export function cardKernels(cards: Cards): Kernels {
  const kernels = specs.map(({ name }) => [name, (call: AnyCall) => run(cards, name, call)]);
  return Object.fromEntries(kernels) as Kernels;
}

function run(cards: Cards, name: KernelName, call: AnyCall): void {
  const { devices } = cards;
  const rule = RULES[name];
  if (!Object.values(call).some(isShared)) {
    forEach(devices, (device, card) => launch(device, name, partsOf(call, card)));
  } else if (name === 'gemm' && isProductOfColumns(cards, call as unknown as CallOf<'gemm'>)) {
    multiplyColumns(cards, call as unknown as CallOf<'gemm'>);
  } else if (rule && takesColumns(cards, name, rule, call)) {
    runOnColumns(cards, name, rule, call);
  } else {
    runOnWhole(cards, name, call);
  }
}

/** Whether cards can take their own columns: whole blocks, in everything that is written. */
function takesColumns({ devices }: Cards, name: KernelName, { tables, scratch }: Rule, call: AnyCall): boolean {
  const step = COLUMNS_OF_BLOCK * devices.length;
  const given = tables.filter((table) => call[table] !== undefined);
  const written = given.filter((table) => (definitions[name].outputs as readonly string[]).includes(table));
  const others = Object.keys(call).filter((key) => !tables.includes(key) && key !== scratch);
  return (
    COLUMNS.every((key) => call[key] === undefined || Number(call[key]) % step === 0) &&
    written.every((table) => isShared(call[table])) &&
    !others.some((key) => isShared(call[key]))
  );
}

function runOnColumns(cards: Cards, name: KernelName, rule: Rule, call: AnyCall): void {
  const { devices } = cards;
  const count = devices.length;
  const wholes = new Wholes(cards);
  const own = (card: number): AnyCall => {
    const parts: Record<string, unknown> = { ...partsOf(call, card) };
    for (const table of rule.tables)
      if (call[table] !== undefined) parts[table] = wholes.ownOf(call[table] as Floats)[card];
    for (const key of COLUMNS) if (call[key] !== undefined) parts[key] = Number(call[key]) / count;
    const { scratch } = rule;
    if (scratch && !isShared(call[scratch])) parts[scratch] = beginningOf(parts[scratch] as Floats, count);
    return parts;
  };
  if (rule.sums) runHalves(cards, name, { call, own, sums: rule.sums });
  else forEach(devices, (device, card) => launch(device, name, own(card)));
  wholes.release();
}

/** Sums over columns: each card's blocks of them, which are handed round, and then the rest on each. */
function runHalves(
  cards: Cards,
  name: KernelName,
  work: { call: AnyCall; own(card: number): AnyCall; sums: NonNullable<Rule['sums']> },
): void {
  const { devices } = cards;
  const { call, own, sums } = work;
  const count = devices.length;
  const blocks = Number(call.d) / COLUMNS_OF_BLOCK / count;
  const piece = 2 * sums.rows(call as never) * sums.ofRow * blocks; // doubles, counted as floats
  const memory = devices.map((device) => device.floats(count * piece, 'any'));
  for (const half of ['first', 'second'] as const) {
    forEach(devices, (device, card) =>
      device.onShareOfColumns(half, { blocks: memory[card], cards: count, card }, () =>
        launch(device, name, own(card)),
      ),
    );
    if (half === 'first') handRound(cards, memory, piece);
  }
  forEach(devices, (device, card) => device.release(memory[card]));
}

/** Each card computes all of it, from tables that are handed round, and keeps its columns of what comes out. */
function runOnWhole(cards: Cards, name: KernelName, call: AnyCall): void {
  const { devices } = cards;
  const wholes = new Wholes(cards);
  const outputs = definitions[name].outputs as readonly string[];
  const isRead = !OVERWRITTEN.has(name) || Number(call.beta ?? 0) !== 0;
  const written = outputs.filter((output) => isShared(call[output]));
  const arguments_ = Object.entries(call).map(([key, argument]) => {
    if (written.includes(key) && !isRead) return [key, wholes.roomFor(argument as CardMemory<'f32'>)] as const;
    if (argument instanceof CardMemory && argument.isShared) return [key, wholes.of(argument)] as const;
    if (!isShared(argument)) return [key, devices.map((_, card) => partOf(argument, card))] as const;
    const matrix = argument as DeviceCsr;
    const values = wholes.of(matrix.values as CardMemory<'f32'>);
    const rest = { ...matrix, values: null };
    return [key, values.map((own, card) => ({ ...(partOf(rest, card) as DeviceCsr), values: own }))] as const;
  });
  forEach(devices, (device, card) =>
    launch(device, name, Object.fromEntries(arguments_.map(([key, ofCards]) => [key, ofCards[card]]))),
  );
  for (const [key, ofCards] of arguments_) {
    if (written.includes(key)) wholes.putBack(call[key] as CardMemory<'f32'>, ofCards as readonly Floats[]);
  }
  wholes.release();
}

/** A product whose result the cards share by columns. */
function isProductOfColumns({ devices }: Cards, { out, n, k }: CallOf<'gemm'>): boolean {
  return isShared(out) && k > 0 && n % (COLUMNS_OF_BLOCK * devices.length) === 0;
}

/** Columns of the product are the first factor, whole, times columns of the second. */
function multiplyColumns(cards: Cards, call: CallOf<'gemm'>): void {
  const { devices } = cards;
  const count = devices.length;
  const wholes = new Wholes(cards);
  const a = wholes.of(call.a);
  // Rows of the second factor where it is transposed: blocks of 16 rows, as the columns of the product.
  const b = call.transposeB ? wholes.turnsOf(wholes.of(call.b), COLUMNS_OF_BLOCK * call.k) : wholes.ownOf(call.b);
  forEach(devices, (device, card) => {
    const own = { ...partsOf({ ...call }, card), a: a[card], b: b[card], n: call.n / count };
    device.onColumnsOf({ cards: count, card }, () => launch(device, 'gemm', own));
  });
  wholes.release();
}

function isShared(argument: unknown): boolean {
  if (argument instanceof CardMemory) return argument.isShared;
  const isMatrix = typeof argument === 'object' && argument !== null && 'values' in argument;
  return isMatrix && isShared(argument.values);
}

function partsOf(call: AnyCall, card: number): AnyCall {
  return Object.fromEntries(Object.entries(call).map(([name, argument]) => [name, partOf(argument, card)]));
}

function beginningOf(memory: Floats, cards: number): Floats {
  return memory.subarray(0, memory.length / cards);
}

function launch(device: Card, name: KernelName, call: AnyCall): void {
  (device.kernels[name] as (call: unknown) => void)(call);
}
