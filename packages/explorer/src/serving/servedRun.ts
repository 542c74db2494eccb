import { join } from 'node:path';
import type { Artifact } from '@agentmmrec/core';
import { itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { type RankedLists, rankUsers } from '@agentmmrec/evaluation';
import { openRun, type RunManifest } from '@agentmmrec/experiments';
import type { Device, Floats } from '@agentmmrec/kernels';
import { type KnowledgeMemory, type KnowledgeView, openMemory } from '@agentmmrec/memory';
import { type Explanations, innerProduct, type PartOfScore, sharedTermsOf } from './explanations.js';
import { leanView } from './leanView.js';
import { RowFile } from './rowFile.js';
import { files, nothingKnown, type ServingFacts } from './servingFiles.js';

/** A user's list before and after reranking: dense ids, best first. */
export interface UserList {
  readonly items: Int32Array;
  readonly scores: Float32Array;
  /** null: this run reranks nobody, or nothing is known of this user */
  readonly reranked: Int32Array | null;
  /** why a user of a run that reranks keeps the list; empty otherwise */
  readonly remark: string;
}

/** How a whole run is opened, where its files do not reach. */
export type RunRequest = Omit<Parameters<typeof openRun>[0], 'device'> & {
  /** opened when it is needed: lists that are kept need none */
  readonly device: () => Device;
};

/** Who ranks deeper than the kept lists reach, and gives its memory back. */
interface DeepRanking {
  rank(user: number, k: number): Pick<RankedLists, 'items' | 'scores'>;
  close(): Promise<void>;
}

/** A run as a server answers from it: kept lists and tables are read from files, row by row, and nothing else is held. */
export class ServedRun implements Explanations {
  private readonly facts: ServingFacts;
  private readonly lists: RowFile;
  private readonly parts: readonly { readonly name: string; readonly users: RowFile; readonly items: RowFile }[] | null;
  private deep: Promise<DeepRanking> | null = null;
  private memory: KnowledgeMemory | null = null;
  private view: KnowledgeView | null = null;

  constructor(
    readonly id: string,
    readonly manifest: RunManifest,
    private readonly artifact: Artifact,
    private readonly request: RunRequest,
  ) {
    this.facts = artifact.manifest as unknown as ServingFacts;
    this.lists = this.open(files.lists, 3 * this.facts.depth);
    this.parts =
      this.facts.parts?.map(({ name, users, items, columns }) => ({
        name,
        users: this.open(users, columns),
        items: this.open(items, columns),
      })) ?? null;
  }

  /** The k best items at least; more where reranking reorders more. */
  async list(user: number, k: number): Promise<UserList> {
    const kept = this.kept(user);
    const reach = Math.min(k, this.training.items);
    return reach <= this.facts.depth ? kept : await this.deeper(user, reach, kept);
  }

  partsOf(user: number, item: number): PartOfScore[] | null {
    return (
      this.parts?.map(({ name, users, items }) => ({
        name,
        value: innerProduct(users.floats(user), items.floats(item)),
      })) ?? null
    );
  }

  sharedTerms(user: number, item: number) {
    const knowledge = this.knowledge();
    return knowledge && sharedTermsOf(knowledge, user, item);
  }

  /** Lets go of files and memory. */
  async close(): Promise<void> {
    this.lists.close();
    for (const { users, items } of this.parts ?? []) for (const table of [users, items]) table.close();
    this.memory?.close();
    this.memory = null;
    await (await this.deep?.catch(() => null))?.close();
  }

  private get training(): TrainingData {
    return this.request.dataset.training;
  }

  private kept(user: number): UserList {
    const { depth, rerankDepth, remarks } = this.facts;
    const row = this.lists.row(user);
    const items = withoutEmpty(new Int32Array(row, 0, depth));
    const scores = new Float32Array(row, 4 * depth, items.length);
    const reranked = withoutEmpty(new Int32Array(row, 8 * depth, depth));
    if (rerankDepth === 0) return { items, scores, reranked: null, remark: '' };
    if (reranked.length > 0) return { items, scores, reranked, remark: '' };
    return { items, scores, reranked: null, remark: remarks[user] ?? nothingKnown };
  }

  /** Ranked now; what reranking reorders is within the kept list. */
  private async deeper(user: number, k: number, { reranked, remark }: UserList): Promise<UserList> {
    this.deep ??= this.openDeep().catch((cause) => {
      this.deep = null;
      throw cause;
    });
    const ranked = (await this.deep).rank(user, k);
    const items = withoutEmpty(ranked.items);
    const rest = items.subarray(reranked?.length ?? 0);
    return {
      items,
      scores: ranked.scores.subarray(0, items.length),
      reranked: reranked && Int32Array.of(...reranked, ...rest),
      remark,
    };
  }

  /** By the table of items and the user's row; a model without tables is opened whole. */
  private async openDeep(): Promise<DeepRanking> {
    const device = this.request.device();
    const { columns } = this.facts;
    const { train } = this.training;
    if (columns === null) {
      const { model, study } = await openRun({ ...this.request, device });
      const ranking = model.ranking();
      return {
        rank: (user, k) => rankUsers({ device, ranking, mask: train, userIds: Int32Array.of(user), k }),
        close: async () => {
          model.release();
          await study.close();
        },
      };
    }
    const users = this.open(files.users, columns);
    const scope = device.scope();
    const items = scope.run(() => this.tableOfItems(device, columns));
    const row = scope.run(() => device.floats(columns, 'any'));
    return {
      rank: (user, k) => {
        device.write(row, users.floats(user));
        const itemIds = itemsOf(train, user);
        const mask = { users: 1, items: train.items, offsets: Int32Array.of(0, itemIds.length), itemIds };
        return rankUsers({ device, ranking: { users: row, items, d: columns }, mask, userIds: Int32Array.of(0), k });
      },
      close: async () => {
        users.close();
        scope.release();
      },
    };
  }

  private tableOfItems(device: Device, columns: number): Floats {
    const { items } = this.training;
    const file = this.open(files.items, columns);
    const table = device.floats(items * columns, 'any');
    device.write(table, file.all(items));
    file.close();
    return table;
  }

  private open(name: string, columns: number): RowFile {
    return new RowFile(join(this.artifact.folder, name), columns);
  }

  /** As it was at the end of the run; null for a run without. */
  private knowledge(): KnowledgeView | null {
    const { knowledge, fingerprint } = this.manifest;
    if (knowledge === null) return null;
    this.memory ??= openMemory({ path: knowledge.memoryPath, fingerprint, mode: 'read' });
    this.view ??= leanView(this.memory.asOf(knowledge.moments.end));
    return this.view;
  }
}

function withoutEmpty(items: Int32Array): Int32Array {
  const empty = items.indexOf(-1);
  return empty < 0 ? items : items.subarray(0, empty);
}
