import { constant, type Tape, Tensor } from '@agentmmrec/autograd';
import { AmrError, type Matrix } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import type { PartContext } from '../contract/model.js';
import { projectedFeatures } from '../parts/features/enteringFeatures.js';
import { nodeTable, rowTable } from '../parts/tables.js';
import type { AgentmmrecOptions } from './options.js';
import { type Projection, projection } from './projection.js';

/** A trainable table whose row `from + id` belongs to user or item `id`. */
export interface TrainableRows {
  readonly table: Tensor;
  readonly from: number;
}

/** One column block of the initial representation of users and items, [users + items, dimensions]. */
export interface Block {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** the parts that together cover rows [0, users + items), each with its first row */
  parts(tape: Tape): readonly { readonly row: number; readonly part: Tensor }[];
  /** the free rows that the regulariser holds; null where a side has none */
  readonly trainable: { readonly users: TrainableRows | null; readonly items: TrainableRows | null };
  /** the matrices of its projection; none where it has none */
  readonly weights: readonly Tensor[];
  /** true when the items' part is a projected modality: such blocks may be contrasted and aligned */
  readonly modality: boolean;
}

/** The blocks and what may be changed in them later. */
export interface Blocks {
  readonly blocks: readonly Block[];
  /** [users, width], or null without knowledge of users */
  readonly userKnowledge: Tensor | null;
}

/**
 * The blocks of docs/method.md#recommender, one per thing present: a block per modality (free rows for users, projected features for
 * items; none where modalities are side views), the knowledge block (one projection for both), the id block, which is the last.
 */
export function initialBlocks(context: PartContext, options: AgentmmrecOptions): Blocks {
  const { data, remark } = context;
  checkModalityLosses(options);
  if (data.features.length === 0) remark('no item features: the modality blocks are absent');
  const projected = options.modalities === 'blocks' ? data.features : [];
  const blocks = projected.map((features) => modalityBlock(context, options, features));
  const known = knowledgeSources(context);
  if (known.width > 0) blocks.push(knowledgeBlock(context, options, known));
  if (options.idBlock) blocks.push(idBlock(context, options));
  return { blocks, userKnowledge: known.users };
}

/** A weight that changes nothing would pass for a result. */
function checkModalityLosses({ modalities, infonce, alignment }: AgentmmrecOptions): void {
  if (modalities === 'blocks' || (infonce === 0 && alignment === 0)) return;
  throw new AmrError({
    what: `model agentmmrec, option "${infonce > 0 ? 'infonce' : 'alignment'}"`,
    got: 'a loss between modality blocks, where features enter as side views',
    expected: 'modality blocks for it to stand between',
    hint: 'take --modalities blocks, or --view-alignment for side views',
  });
}

/** The id block's table [users + items, dimensions]: the last block. */
export function idTable(blocks: readonly Block[]): Tensor {
  const { id } = blocks[blocks.length - 1]?.parameters ?? {};
  if (id) return id;
  throw new AmrError({
    what: 'model agentmmrec',
    got: 'side views without an id block',
    expected: 'ids for the views to gate',
    hint: 'leave the id block on, or take --modalities blocks',
  });
}

/** E0 [nodes, blocks * dimensions], and the items' part of each modality block [items, dimensions]. */
export function initialRepresentation(tape: Tape, blocks: readonly Block[], nodes: number, options: AgentmmrecOptions) {
  const modalities: Tensor[] = [];
  const placed = blocks.flatMap((block, b) =>
    block.parts(tape).map(({ row, part }) => {
      const values = options.blockNormalize ? tape.normalizeRows(part) : part;
      if (block.modality && row > 0) modalities.push(values);
      return { row, col: b * options.dimensions, block: values };
    }),
  );
  return { e0: tape.assemble([nodes, blocks.length * options.dimensions], placed), modalities };
}

function modalityBlock(context: PartContext, options: AgentmmrecOptions, features: Features): Block {
  const { users } = context.data;
  const { modality } = features;
  const { dimensions, hidden } = options;
  const free = rowTable(context, `free.${modality}`, users, dimensions); // [users, dimensions]
  const { values: x, inputs } = projectedFeatures(context, features, options.featureRank); // [items, inputs]
  const mlp = projection(context, `mlp.${modality}`, { inputs, hidden, outputs: dimensions });
  return {
    name: modality,
    parameters: { [free.name]: free, ...mlp.parameters },
    parts: (tape) => [
      { row: 0, part: free },
      { row: users, part: mlp.apply(tape, x) },
    ],
    trainable: { users: { table: free, from: 0 }, items: null },
    weights: mlp.weights,
    modality: true,
  };
}

interface KnowledgeSources {
  /** [users, width] and [items, width]; null when absent */
  readonly users: Tensor | null;
  readonly items: Tensor | null;
  /** 0 without any */
  readonly width: number;
}

function knowledgeSources({ device, data, remark }: PartContext): KnowledgeSources {
  const { userEmbeddings = null, itemEmbeddings = null } = data.knowledge ?? {};
  const width = (userEmbeddings ?? itemEmbeddings)?.cols ?? 0;
  if (width === 0) remark('no knowledge embeddings: the knowledge block is absent');
  else if (!userEmbeddings) remark('no knowledge embeddings of users: their knowledge block is free rows');
  else if (!itemEmbeddings) remark('no knowledge embeddings of items: their knowledge block is free rows');
  return {
    users: userEmbeddings && copyOf(userEmbeddings),
    items: itemEmbeddings && constant(device, itemEmbeddings, 'knowledge of items'),
    width,
  };

  // feedback rounds replace rows of it, which must not reach the caller's matrix
  function copyOf(embeddings: Matrix): Tensor {
    const memory = device.floats(embeddings.data.length);
    device.write(memory, embeddings.data);
    return new Tensor(device, [embeddings.rows, embeddings.cols], memory, false, 'knowledge of users');
  }
}

/** One projection shared by users and items; a side without embeddings has free rows instead. */
function knowledgeBlock(context: PartContext, options: AgentmmrecOptions, known: KnowledgeSources): Block {
  const { users, items } = context.data;
  const { dimensions, hidden } = options;
  const mlp = projection(context, 'mlp.knowledge', { inputs: known.width, hidden, outputs: dimensions });
  const userSide = knowledgeSide(context, mlp, known.users, 'free.knowledge.users', [users, dimensions]);
  const itemSide = knowledgeSide(context, mlp, known.items, 'free.knowledge.items', [items, dimensions]);
  return {
    name: 'knowledge',
    parameters: { ...mlp.parameters, ...userSide.parameters, ...itemSide.parameters },
    parts: (tape) => [
      { row: 0, part: userSide.part(tape) },
      { row: users, part: itemSide.part(tape) },
    ],
    trainable: { users: userSide.trainable, items: itemSide.trainable },
    weights: mlp.weights,
    modality: false,
  };
}

function knowledgeSide(
  context: PartContext,
  mlp: Projection,
  embeddings: Tensor | null,
  freeName: string,
  [rows, dimensions]: readonly [number, number],
) {
  if (embeddings) return { parameters: {}, part: (tape: Tape) => mlp.apply(tape, embeddings), trainable: null };
  const free = rowTable(context, freeName, rows, dimensions);
  return { parameters: { [freeName]: free }, part: () => free, trainable: { table: free, from: 0 } };
}

function idBlock(context: PartContext, options: AgentmmrecOptions): Block {
  const table = nodeTable(context, 'id', options.dimensions); // [users + items, dimensions]
  return {
    name: 'id',
    parameters: { id: table },
    parts: () => [{ row: 0, part: table }],
    trainable: { users: { table, from: 0 }, items: { table, from: context.data.users } },
    weights: [],
    modality: false,
  };
}
