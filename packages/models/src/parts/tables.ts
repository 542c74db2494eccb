import {
  normal,
  parameter,
  standardNormal,
  type Tape,
  type Tensor,
  xavierNormal,
  xavierUniform,
} from '@agentmmrec/autograd';
import type { Matrix, RandomStreams } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';

/** By which law a table's first values are drawn: those of Glorot and Bengio, or the standard normal. */
export type Initial = 'xavierNormal' | 'xavierUniform' | 'standardNormal';

const laws = { xavierNormal, xavierUniform, standardNormal } as const;

/**
 * A trainable table [users + items, d]: user u is row u, item i row users + i. The two halves are drawn apart, with their own row
 * counts, so that one table equals the two that the field's libraries keep.
 */
export function nodeTable(
  context: { device: Device; random: RandomStreams; data: { users: number; items: number } },
  name: string,
  d: number,
  initial: Initial = 'xavierNormal',
): Tensor {
  const { device, random, data } = context;
  const { users, items } = data;
  const memory = device.table(users + items, d);
  const fill = laws[initial];
  fill(device, memory.subarray(0, users * d), [users, d], random.stream(`parameter ${name}, users`));
  fill(device, memory.subarray(users * d, memory.length), [items, d], random.stream(`parameter ${name}, items`));
  return parameter(device, [users + items, d], memory, name);
}

/** A trainable table [rows, d]. */
export function rowTable(
  context: { device: Device; random: RandomStreams },
  name: string,
  rows: number,
  d: number,
  initial: Initial = 'xavierNormal',
): Tensor {
  const { device, random } = context;
  const memory = device.table(rows, d);
  laws[initial](device, memory, [rows, d], random.stream(`parameter ${name}`));
  return parameter(device, [rows, d], memory, name);
}

/** Inputs of a layer that stand for others: how wide those are, and what these are longer by. */
export interface Inputs {
  readonly inputs: number;
  readonly insteadOf: number;
  readonly longerBy: number;
}

/** The weights [inputs, d] of a layer over such inputs; its outputs are distributed at first as those of a layer over the others. */
export function weightsOver(
  context: { device: Device; random: RandomStreams },
  name: string,
  { inputs, insteadOf, longerBy }: Inputs,
  d: number,
  initial: Initial = 'xavierNormal',
): Tensor {
  const table = rowTable(context, name, inputs, d, initial);
  if (inputs === insteadOf && longerBy === 1) return table;
  const alpha = Math.sqrt((inputs + d) / (insteadOf + d)) / longerBy;
  context.device.kernels.axpby({ out: table.data, x: table.data, alpha, beta: 0 });
  return table;
}

/** A trainable table [rows, d] of normal numbers, drawn where it is: quick for tables as wide as a catalog. */
export function normalTable(
  context: { device: Device; random: RandomStreams },
  name: string,
  [rows, d]: readonly [rows: number, d: number],
  deviation: number,
): Tensor {
  const memory = context.device.table(rows, d, 'any');
  normal(context.device, memory, deviation, context.random.stream(`parameter ${name}`));
  return parameter(context.device, [rows, d], memory, name);
}

/** A trainable row of zeros [1, d]: a bias. */
export function zeroRow(context: { device: Device }, name: string, d: number): Tensor {
  return parameter(context.device, [1, d], context.device.table(1, d), name);
}

/** The users' and the items' rows of a node table [users + items, d], on its memory. */
export function sidesOf(tape: Tape, nodes: Tensor, users: number): Represented<Tensor> {
  return { users: tape.rows(nodes, 0, users), items: tape.rows(nodes, users, nodes.rows - users) };
}

/** Users' rows [users, d] above items' rows [items, d]: [users + items, d], what `sidesOf` takes apart. */
export function nodesOf(tape: Tape, { users, items }: Represented<Tensor>): Tensor {
  return stacked(tape, [users, items]);
}

/** Blocks of equal width [.., d] below each other. */
export function stacked(tape: Tape, blocks: readonly Tensor[]): Tensor {
  let rows = 0;
  const places = blocks.map((block) => {
    const place = { row: rows, col: 0, block };
    rows += block.rows;
    return place;
  });
  return tape.assemble([rows, blocks[0].cols], places);
}

/** Writes rows [ids.length, d] over those rows of a table [.., d]. */
export function replaceRows(table: Tensor, ids: Int32Array, rows: Matrix): void {
  for (let i = 0; i < ids.length; i++) {
    const target = table.data.subarray(ids[i] * table.cols, (ids[i] + 1) * table.cols);
    table.device.write(target, rows.data.subarray(i * rows.cols, (i + 1) * rows.cols));
  }
}
