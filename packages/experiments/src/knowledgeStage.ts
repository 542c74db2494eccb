import { type Reasoner, type RepairCounts, Utilizer } from '@agentmmrec/agents';
import type { Log } from '@agentmmrec/core';
import type { Features, TrainingData } from '@agentmmrec/datasets';
import { encodeKnowledge, type KnowledgeText, type TextEncoder } from '@agentmmrec/encoders';
import { neighbourGraph } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { EntryKind, KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';
import type { Knowledge } from '@agentmmrec/models';
import type { KnowledgeOptions } from './knowledgeOptions.js';
import { refineGraph } from './refineGraph.js';

export interface KnowledgeRequest {
  readonly training: TrainingData;
  /** of the items, as the model gets them */
  readonly features: readonly Features[];
  readonly view: KnowledgeView;
  /** keeps refinements; null where the view is not the memory's own (permuted knowledge) */
  readonly memory: KnowledgeMemory | null;
  /** prepared on this data set */
  readonly reasoner: Reasoner;
  readonly encoder: TextEncoder;
  readonly device: Device;
  readonly seed: number;
  readonly options: KnowledgeOptions;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

export interface MadeKnowledge {
  readonly knowledge: Knowledge;
  readonly repairs: RepairCounts;
  /** share of rti neighbours that fused similarity would not have chosen; null without refinement */
  readonly changedShare: number | null;
}

const noParts: KnowledgeText = { text: null, visual: null, crossModal: null };

/**
 * Knowledge as a model takes it: embeddings of P_u and P_i [n, encoder.width], the graphs bmu and bmi by their cosine (eq. 5,
 * 10), and rti refined by the Utilizer (eq. 12) where the items have features to find candidates by. An entity without an entry
 * has a zero row. Training interactions only.
 */
export async function makeKnowledge(request: KnowledgeRequest): Promise<MadeKnowledge> {
  const { training, view, reasoner, device, options, features } = request;
  const embed = (kind: EntryKind, count: number) =>
    encodeKnowledge(
      Array.from({ length: count }, (_, entity) => view.get(kind, entity)?.parts ?? noParts),
      request.encoder,
      options.knowledgeEncoding,
    );
  const userEmbeddings = await embed('preference', training.users);
  const itemEmbeddings = await embed('property', training.items);
  const self = 'include';
  const bmu = neighbourGraph(device, userEmbeddings, { k: options.kUsers, self }, 'bmu graph of preferences');
  const bmi = neighbourGraph(device, itemEmbeddings, { k: options.kItems, self }, 'bmi graph of properties');
  const refined = features.length === 0 ? null : await refine(request);
  const rti = refined?.lists ?? null;
  return {
    knowledge: { reasoner: reasoner.name, userEmbeddings, itemEmbeddings, bmu, bmi, rti },
    repairs: refined?.repairs ?? {},
    changedShare: refined?.changedShare ?? null,
  };
}

function refine(request: KnowledgeRequest) {
  const { training, reasoner, seed, view, memory, features, device, options, log, signal } = request;
  const utilizer = new Utilizer({ training, reasoner, seed, neighbours: options.promptNeighbours });
  const { concurrency } = reasoner;
  return refineGraph({
    utilizer,
    knowledge: view,
    memory,
    features,
    device,
    k: options.kItems,
    concurrency,
    log,
    signal,
  });
}
