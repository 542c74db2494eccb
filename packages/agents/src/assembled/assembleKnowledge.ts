import {
  AmrError,
  type Knowledge,
  type Matrix,
  type NeighbourLists,
  type OptionValues,
  withDefaults,
} from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { KnowledgeEncoding, TextEncoder } from '@agentmmrec/encoders';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { EntryKind, KnowledgeView } from '@agentmmrec/memory';
import { assemblyOptions } from '../knowledgeOptions.js';
import { noParts } from '../reasoning/modality.js';
import { embedEntries } from './embedEntries.js';

/** Which entries become matrices and graphs, and how. */
export interface AssembleOptions extends Partial<OptionValues<typeof assemblyOptions>> {
  readonly training: Pick<TrainingData, 'users' | 'items' | 'name'>;
  /** a memory, or a view of it at an earlier moment */
  readonly knowledge: KnowledgeView;
  readonly encoder: TextEncoder;
  readonly device: Device;
  /** the refined graph, where there is one */
  readonly rti?: NeighbourLists | null;
  /** whether a node may be its own neighbour; the field's libraries include it */
  readonly self?: 'include' | 'exclude';
}

/**
 * Embeds all entries and builds the graphs bmu and bmi (docs/method.md#graphs, eq. 4-5, 9-10). A kind without any entry
 * gives no embedding and no graph.
 * @throws AmrError input: no entries at all, or fewer nodes than neighbours
 */
export async function assembleKnowledge(options: AssembleOptions): Promise<Knowledge> {
  const { training, device, self = 'include', rti = null } = options;
  const { kUsers, kItems, knowledgeEncoding } = withDefaults(assemblyOptions, options);
  const users = await embeddingsOf(options, knowledgeEncoding, 'preference', training.users);
  const items = await embeddingsOf(options, knowledgeEncoding, 'property', training.items);
  const reasoner = users.reasoner ?? items.reasoner;
  if (reasoner === null) {
    throw new AmrError({
      what: `knowledge about ${training.name}`,
      got: 'a memory without entries',
      expected: 'preferences or properties',
      hint: 'make them first: agentmmrec knowledge build',
    });
  }
  const graph = (embeddings: Matrix | null, k: number, what: string, chosenBy: string): NeighbourLists | null => {
    if (embeddings === null) return null;
    const { rows, indices } = neighbourGraph(device, embeddings, { k, self, chosenBy }, `${what} of ${training.name}`);
    return { rows, k, indices };
  };
  return {
    reasoner,
    userEmbeddings: users.embeddings,
    itemEmbeddings: items.embeddings,
    bmu: graph(users.embeddings, kUsers, 'user graph bmu', 'k-users'),
    bmi: graph(items.embeddings, kItems, 'item graph bmi', 'k-items'),
    rti,
  };
}

/**
 * Looks before anything is asked whether a data set has as many others as its graphs shall have neighbours: what is asked may cost much.
 * @throws AmrError input
 */
export function requireNeighbours(
  { name, users, items }: Pick<TrainingData, 'name' | 'users' | 'items'>,
  options: Partial<Pick<OptionValues<typeof assemblyOptions>, 'kUsers' | 'kItems'>>,
): void {
  const { kUsers, kItems } = withDefaults(assemblyOptions, options);
  for (const [what, k, most, chosenBy] of [
    ['users', kUsers, users, 'k-users'],
    // A refined row leaves its own item out.
    ['items', kItems, items - 1, 'k-items'],
  ] as const) {
    if (k <= most) continue;
    const got = `k = ${k} for ${what === 'users' ? users : items} ${what}`;
    const hint = `choose a smaller --${chosenBy}`;
    throw new AmrError({ what: `graph of the ${what} of ${name}`, got, expected: `k from 1 to ${most}`, hint });
  }
}

async function embeddingsOf(
  { knowledge, encoder }: AssembleOptions,
  encoding: KnowledgeEncoding,
  kind: EntryKind,
  count: number,
): Promise<{ embeddings: Matrix | null; reasoner: string | null }> {
  const parts = Array.from({ length: count }, () => noParts);
  let reasoner: string | null = null;
  for (const entry of knowledge.all(kind)) {
    parts[entry.entity] = entry.parts;
    reasoner ??= entry.provenance.reasoner;
  }
  if (reasoner === null) return { embeddings: null, reasoner };
  return { embeddings: await embedEntries(parts, encoder, encoding), reasoner };
}
