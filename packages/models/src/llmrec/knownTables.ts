import type { Tape, Tensor } from '@agentmmrec/autograd';
import type { Augmentation, Matrix } from '@agentmmrec/core';
import type { Ints } from '@agentmmrec/kernels';
import type { Represented } from '../contract/data.js';
import type { PartContext } from '../contract/model.js';
import { type Linear, linearLayer } from '../parts/linear.js';
import type { LlmrecOptions } from './options.js';
import { hiddenRows, maskedRows } from './restoration.js';

type Sides = Represented<Tensor>;

/** Tables of one kind of knowledge, with one projection for all of them and, where something is to be restored, one decoder. */
export interface KnownTables {
  /** null without tables */
  readonly project: Linear | null;
  /** null where nothing is restored */
  readonly decoder: Linear | null;
  /** The rows that a training step hides, anew in each; null where nothing is restored, and in ranking. */
  hidden(tape: Tape): Ints | null;
  /** What `bring` makes of each table's projection [rows, d], of which hidden rows show nothing. */
  brought(tape: Tape, hidden: Ints | null, bring: (x: Tensor, name: string) => Sides): Sides[];
  /** A loss a table: how far the hidden rows are from being read out of what represents them [rows, d] (eq. 12). */
  restored(tape: Tape, hidden: Ints | null, represented: readonly Tensor[]): Tensor[];
}

/** @param tables of equal shape, each [users or items, width] */
export function knownTables(
  context: PartContext,
  { kind, of }: { readonly kind: string; readonly of: 'users' | 'items' },
  tables: readonly { readonly name: string; readonly values: Matrix }[],
  options: LlmrecOptions,
): KnownTables {
  const { dimensions, restoration, masked } = options;
  const masks = tables.map(({ name, values }) => ({ name, rows: maskedRows(context, values, `${kind} ${name}`) }));
  const width = tables[0]?.values.cols ?? 0;
  const layer = (name: string, from: number, to: number, initial?: 'xavierUniform') =>
    linearLayer(context, `${name}.${kind}`, { inputs: from, outputs: to, ...(initial && { initial }) });
  const project = width > 0 ? layer('projection', width, dimensions, 'xavierUniform') : null;
  const decoder = width > 0 && restoration > 0 ? layer('decoder', dimensions, width) : null;
  return {
    project,
    decoder,
    hidden: (tape) => (tape.recording && decoder ? hiddenRows(tape, context.data[of], masked, `masked ${of}`) : null),
    brought: (tape, hidden, bring) =>
      project ? masks.map(({ name, rows }) => bring(project.apply(tape, rows.seen(tape, hidden)), name)) : [],
    restored: (tape, hidden, represented) =>
      hidden && decoder ? masks.map(({ rows }, t) => rows.loss(tape, hidden, decoder, represented[t])) : [],
  };
}

/** What a reasoner added, as far as it is there; what is not is remarked. */
export function addedKnowledge({ data, remark }: PartContext) {
  const { profiles = null, attributes = [], edges = null }: Partial<Augmentation> = data.knowledge?.augmentation ?? {};
  const absent = [
    ...(profiles ? [] : ['profiles']),
    ...(attributes.length > 0 ? [] : ['attributes']),
    ...(edges ? [] : ['edges']),
  ];
  if (absent.length > 0) remark(`no ${absent.join(', ')} by a reasoner: these parts of LLMRec are absent`);
  return {
    edges,
    profiles: profiles ? [{ name: 'profile', values: profiles }] : [],
    attributes: attributes.map(({ name, embeddings }) => ({ name, values: embeddings })),
  };
}
