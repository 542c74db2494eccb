import type { Reasoner } from '@agentmmrec/agents';
import type { Log } from '@agentmmrec/core';
import { openRun } from '@agentmmrec/experiments';
import type { Device } from '@agentmmrec/kernels';
import { reranker } from '@agentmmrec/training';
import type { Catalog } from '../catalog/catalog.js';
import { NotThere } from '../refusals.js';
import type { Workspace } from '../workspace/workspace.js';
import { leanView } from './leanView.js';
import { reasonsFor } from './reasons.js';
import type { Recommendations } from './recommendations.js';
import { ServedModel } from './servedModel.js';

/** Opened runs that are kept: the one that is served, and one beside it. */
const KEPT_MODELS = 2;

/** What is asked of a recommender. */
export interface RecommendationRequest {
  /** dense id */
  readonly user: number;
  readonly k: number;
  /** null: the newest finished run on this data */
  readonly run: string | null;
  /** `auto`: reranked where the run reranks */
  readonly rerank: 'auto' | 'off';
  /** with reasons for each item */
  readonly why: boolean;
}

/** Recommendations by the runs of a workspace on one data set. Runs are opened for reading at their first use. */
export class Recommender {
  private readonly models = new Map<string, Promise<ServedModel>>();

  constructor(
    private readonly workspace: Workspace,
    private readonly catalog: Catalog,
    private readonly device: Device,
    private readonly log: Log,
  ) {}

  /** @throws NotThere: no such run, or none on this data */
  async model(run: string | null): Promise<ServedModel> {
    const { fingerprint, name } = this.catalog.training;
    const openable = this.workspace.runs.openable(fingerprint);
    const id = run ?? openable[0]?.id;
    if (id === undefined) {
      throw new NotThere({
        what: `recommendations on ${name}`,
        got: 'no finished run on this data',
        expected: 'a trained model',
        hint: 'train one: agentmmrec train --model lightgcn --data ...',
      });
    }
    const known = this.models.get(id);
    if (known) {
      this.models.delete(id);
      this.models.set(id, known);
      return await known;
    }
    const checkpointPath = this.workspace.runs.checkpointOf(id);
    const opening = this.open(id, checkpointPath);
    this.models.set(id, opening);
    opening.catch(() => this.models.delete(id));
    await this.letGo();
    return await opening;
  }

  /** @throws as `model` */
  async recommend({ user, k, run, rerank, why }: RecommendationRequest): Promise<Recommendations> {
    const { catalog } = this;
    const model = await this.model(run);
    const list = await model.list(user, k);
    const reranked = rerank === 'auto' ? list.reranked : null;
    const order = reranked ?? list.items;
    const before = new Map(Array.from(list.items, (item, at) => [item, at]));
    const items = [...order.subarray(0, k)].map((item, at) => {
      const place = before.get(item) ?? at;
      return {
        rank: at + 1,
        rankBefore: place + 1,
        score: list.scores[place],
        item: catalog.itemCard(item),
        ...(why && { reasons: reasonsFor(model, catalog, user, item) }),
      };
    });
    return {
      user: catalog.idOf('user', user),
      run: model.id,
      model: model.opened.manifest.recipe.model,
      reranked: reranked !== null,
      remark: rerank === 'auto' ? list.remark : '',
      items,
    };
  }

  /** Gives all models back. */
  async close(): Promise<void> {
    const all = [...this.models.values()];
    this.models.clear();
    for (const one of all) await (await one.catch(() => null))?.close();
  }

  private async open(id: string, checkpointPath: string): Promise<ServedModel> {
    const { dataset } = this.catalog;
    const { device, log } = this;
    const opened = await openRun({
      dataset,
      checkpointPath,
      device,
      workspace: this.workspace.path,
      log,
      audits: false,
    });
    const { recipe, knowledge } = opened.manifest;
    const { study } = opened;
    const memory = (await study.bench?.memory()) ?? null;
    const view = memory && knowledge ? leanView(memory.asOf(knowledge.moments.end)) : null;
    const isOwn = recipe.rerank === 'made' && memory !== null && view !== null && study.request.reasoner !== null;
    const hook = isOwn
      ? reranker({
          training: dataset.training,
          reasoner: study.request.reasoner as Reasoner,
          knowledge: view,
          memory,
          knowledgeSeed: study.request.knowledgeOptions.knowledgeSeed,
          rerankDepth: study.request.rerankDepth,
          log,
        })
      : await study.reranker(recipe.rerank, knowledge?.moments.end);
    return new ServedModel(id, opened, hook, view, this.catalog, device);
  }

  private async letGo(): Promise<void> {
    while (this.models.size > KEPT_MODELS) {
      const [id, oldest] = this.models.entries().next().value as [string, Promise<ServedModel>];
      this.models.delete(id);
      // Whoever still waits for a list of it is ranked first: a batch is of one turn of the event loop.
      const model = await oldest.catch(() => null);
      setTimeout(() => void model?.close(), 1000).unref();
    }
  }
}
