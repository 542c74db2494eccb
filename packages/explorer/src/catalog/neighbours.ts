import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RepairCounts, refinedItem, repairSentences } from '@agentmmrec/agents';
import { type ArtifactKey, type KnowledgeParts, type Matrix, matrix, matrixRow } from '@agentmmrec/core';
import { encodeKnowledge, type TextEncoder } from '@agentmmrec/encoders';
import { neighboursOfRows } from '@agentmmrec/graphs';
import { type Device, openDevice } from '@agentmmrec/kernels';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import { NotThere } from '../refusals.js';
import type { Preparations } from '../serving/preparations.js';
import { RowFile, writeRows } from '../serving/rowFile.js';
import type { Catalog, EntityKind } from './catalog.js';
import type { FoundFeatures } from './foundFeatures.js';

/** `bought`: who bought what in training. `raw`: nearest by each modality's features. */
export const graphNames = { user: ['bmu', 'bought'], item: ['bmi', 'rti', 'raw', 'bought'] } as const;
/** A graph whose neighbours can be asked for. */
export type GraphName = 'bmu' | 'bmi' | 'rti' | 'raw' | 'bought';

/** One neighbour, nearest first. */
export interface Neighbour {
  readonly kind: EntityKind;
  /** dense id */
  readonly place: number;
  /** cosine; fused similarity in `rti`; null in `bought` */
  readonly similarity: number | null;
  /** of the raw graph it is from */
  readonly modality: string | null;
  /** in `rti`: whether the fused similarity alone would have had it too, or had it and lost it */
  readonly change: 'kept' | 'added' | 'dropped' | null;
}

/** The neighbours of one entity in one graph. */
export interface NeighbourList {
  readonly graph: GraphName;
  readonly neighbours: readonly Neighbour[];
  /** what the list does not say by itself, each one sentence */
  readonly remarks: readonly string[];
}

/** A memory that a list is made of. */
export interface NamedMemory {
  readonly id: string;
  readonly memory: KnowledgeMemory;
}

interface Embedded {
  /** another one where the file was replaced */
  readonly memory: KnowledgeMemory;
  readonly sequence: number;
  readonly madeAtMs: number;
  readonly rows: Matrix;
}

/** Embeddings of a memory that is written meanwhile are made again after so long. */
const STALE_MS = 30_000;
/** Entries encoded before others get a turn. */
const BLOCK = 100;
const EMBEDDINGS = 'embeddings.bin';

/**
 * Neighbours of single entities in every graph, as the graphs of a training have them, one row at a time: knowledge and features are as
 * they stand now. Rows come from the CPU.
 */
export class Neighbours {
  private readonly device: Device = openDevice('cpu');
  private readonly embedded = new Map<string, Promise<Embedded>>();

  constructor(
    private readonly catalog: Catalog,
    private readonly found: FoundFeatures,
    private readonly preparations: Preparations,
  ) {}

  /** Makes the embeddings of a memory, or finds them. */
  async makeReady(memory: NamedMemory): Promise<void> {
    for (const kind of ['user', 'item'] as const) await this.embeddings(kind, memory);
  }

  /** @throws NotThere: no knowledge, no features; AmrError input: more neighbours than there are */
  async of(
    graph: GraphName,
    kind: EntityKind,
    place: number,
    k: number,
    memory: NamedMemory | null,
  ): Promise<NeighbourList> {
    if (graph === 'bought') return this.bought(kind, place, k);
    if (graph === 'raw') return await this.raw(place, k);
    if (graph === 'rti') return await this.refined(place, k, memory);
    return await this.alike(graph, kind, place, k, memory ?? noMemory());
  }

  /** The lists of several entities of one kind in a graph of knowledge: one pass over the embeddings. */
  async alikeOf(kind: EntityKind, places: readonly number[], k: number, memory: NamedMemory): Promise<Neighbour[][]> {
    const { rows } = await this.embeddings(kind, memory);
    const found = neighboursOfRows(this.device, rows, places, { k: Math.min(k + 1, rows.rows), self: 'include' });
    return found.map((list, at) =>
      list
        .filter(({ row }) => row !== places[at])
        .slice(0, k)
        .map(({ row, cosine }) => ({ kind, place: row, similarity: cosine, modality: null, change: null })),
    );
  }

  private async alike(
    graph: GraphName,
    kind: EntityKind,
    place: number,
    k: number,
    memory: NamedMemory,
  ): Promise<NeighbourList> {
    const [neighbours] = await this.alikeOf(kind, [place], k, memory);
    const remarks = neighbours.length === 0 ? ['nothing is known of it, so it has no neighbour but itself'] : [];
    return { graph, neighbours, remarks };
  }

  private async raw(item: number, k: number): Promise<NeighbourList> {
    const features = await this.features();
    const neighbours = features.flatMap(({ modality, matrix: rows }) =>
      neighboursOfRows(this.device, rows, [item], { k: Math.min(k, rows.rows - 1), self: 'exclude' })[0].map(
        ({ row, cosine }): Neighbour => ({ kind: 'item', place: row, similarity: cosine, modality, change: null }),
      ),
    );
    return { graph: 'raw', neighbours, remarks: syntheticRemark(features) };
  }

  private async refined(item: number, k: number, memory: NamedMemory | null): Promise<NeighbourList> {
    const features = await this.features();
    const { training } = this.catalog;
    const kItems = Math.min(k, training.items - 1);
    const { candidates, chosen, fused, repairs } = refinedItem(item, {
      training,
      features,
      device: this.device,
      kItems,
      memory: memory?.memory ?? null,
    });
    const similarity = new Map(candidates.map((one) => [one.item, one.fusedSimilarity]));
    const neighbour = (place: number, change: Neighbour['change']): Neighbour => ({
      kind: 'item',
      place,
      similarity: similarity.get(place) ?? null,
      modality: null,
      change,
    });
    if (chosen === null) {
      const remark = 'nobody refined this item: these are its candidates by fused similarity';
      return { graph: 'rti', neighbours: fused.map((place) => neighbour(place, null)), remarks: [remark] };
    }
    return {
      graph: 'rti',
      neighbours: [
        ...chosen.map((place) => neighbour(place, fused.includes(place) ? 'kept' : 'added')),
        ...fused.filter((place) => !chosen.includes(place)).map((place) => neighbour(place, 'dropped')),
      ],
      remarks: repaired(repairs),
    };
  }

  private bought(kind: EntityKind, place: number, k: number): NeighbourList {
    const { catalog } = this;
    const all = kind === 'user' ? catalog.historyOf(place) : catalog.buyersOf(place);
    const other = kind === 'user' ? 'item' : 'user';
    return {
      graph: 'bought',
      neighbours: [...all.subarray(0, k)].map((one) => ({
        kind: other,
        place: one,
        similarity: null,
        modality: null,
        change: null,
      })),
      remarks: all.length > k ? [`${all.length} in all, the first ${k} are shown`] : [],
    };
  }

  private async features() {
    const features = await this.found.features();
    if (features.length > 0) return features;
    throw new NotThere({
      what: 'raw graphs',
      got: 'no item features',
      expected: 'features of at least one modality',
      hint: 'encode the content: agentmmrec encode',
    });
  }

  private async embeddings(kind: EntityKind, { id, memory }: NamedMemory): Promise<Embedded> {
    const key = `${kind} ${id}`;
    const known = await this.embedded.get(key);
    const isSame = known?.memory === memory;
    if (isSame && (known.sequence === memory.sequence() || Date.now() - known.madeAtMs < STALE_MS)) return known;
    const made = this.embed(kind, id, memory);
    this.embedded.set(key, made);
    return await made.catch((cause) => {
      this.embedded.delete(key);
      throw cause;
    });
  }

  /** Kept in the workspace, unless the memory is being written: then they hold for a moment only. */
  private async embed(kind: EntityKind, id: string, memory: KnowledgeMemory): Promise<Embedded> {
    const sequence = memory.sequence();
    const { text } = await this.found.encoders();
    const { users, items } = this.catalog.training;
    const count = kind === 'user' ? users : items;
    if (existsSync(`${memory.path}-writer`)) {
      const rows = await embedAll(kind, memory, text, count, () => {});
      return { memory, sequence, madeAtMs: Date.now(), rows };
    }
    const { folder } = await this.preparations.get(
      keyOf(kind, memory, text, count),
      `the neighbours of ${kind}s by ${id}`,
      { memory: id },
      async (to, onProgress) => {
        const { data } = await embedAll(kind, memory, text, count, (done) => onProgress(done, count));
        writeRows(join(to, EMBEDDINGS), data);
        return {};
      },
    );
    const file = new RowFile(join(folder, EMBEDDINGS), text.width);
    try {
      return { memory, sequence, madeAtMs: Date.now(), rows: matrix(count, text.width, file.all(count)) };
    } finally {
      file.close();
    }
  }
}

/** Of what a memory holds now: its last decision tells it from another of the same name. */
function keyOf(kind: EntityKind, memory: KnowledgeMemory, text: TextEncoder, count: number): ArtifactKey {
  const sequence = memory.sequence();
  const [last] = memory.decisionsAfter(sequence - 1, 1);
  const { fingerprint } = memory;
  const inputs = { kind, fingerprint, sequence, decidedAtMs: last?.createdAtMs ?? null, encoder: text.id, count };
  return { stage: 'serving-neighbours', stageVersion: 1, inputs };
}

/** The embeddings of all entries, zero where there is none. [count, width] */
async function embedAll(
  kind: EntityKind,
  memory: KnowledgeMemory,
  text: TextEncoder,
  count: number,
  onProgress: (done: number) => void,
): Promise<Matrix> {
  const rows = matrix(count, text.width);
  let block: { readonly entity: number; readonly parts: KnowledgeParts }[] = [];
  let done = 0;
  const encode = async () => {
    const encoded = await encodeKnowledge(
      block.map(({ parts }) => parts),
      text,
      'mean',
    );
    block.forEach(({ entity }, at) => {
      matrixRow(rows, entity).set(matrixRow(encoded, at));
    });
    done += block.length;
    onProgress(done);
    block = [];
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const { entity, parts } of memory.all(kind === 'user' ? 'preference' : 'property')) {
    if (entity < count) block.push({ entity, parts });
    if (block.length === BLOCK) await encode();
  }
  await encode();
  return rows;
}

function repaired(repairs: RepairCounts): string[] {
  const sentences = repairSentences(repairs);
  return sentences.length > 0 ? [`repaired: ${sentences.join(', ')}`] : [];
}

function syntheticRemark(features: readonly { readonly modality: string; readonly synthetic: boolean }[]): string[] {
  const drawn = features.filter(({ synthetic }) => synthetic).map(({ modality }) => modality);
  return drawn.length > 0
    ? [`${drawn.join(' and ')} features are drawn from a seed: they say nothing of real content`]
    : [];
}

function noMemory(): never {
  throw new NotThere({
    what: 'graphs of knowledge',
    got: 'no knowledge of this data set',
    expected: 'a memory',
    hint: 'make one: agentmmrec knowledge build --data ... --reasoner extractive',
  });
}
