import type { Log } from '@agentmmrec/core';
import { readRunManifest } from '@agentmmrec/experiments';
import type { Device } from '@agentmmrec/kernels';
import type { Catalog } from '../catalog/catalog.js';
import { NotThere } from '../refusals.js';
import type { Preparations } from '../serving/preparations.js';
import { ServedRun } from '../serving/servedRun.js';
import { servingKey, writeServing } from '../serving/servingFiles.js';
import { stampOf } from '../workspace/fileCache.js';
import type { Workspace } from '../workspace/workspace.js';
import { reasonsFor } from './reasons.js';
import type { Recommendations } from './recommendations.js';

/** Opened runs that are kept: the one that is served, and some beside it. */
const KEPT_RUNS = 4;

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

/** A run as its checkpoint was when it was opened. */
interface Opened {
  readonly served: Promise<ServedRun>;
  readonly checkpointPath: string;
  readonly stamp: string;
}

/** Recommendations by the runs of a workspace on one data set. What a run is answered from is made at its first use, and kept. */
export class Recommender {
  private readonly runs = new Map<string, Opened>();

  constructor(
    private readonly workspace: Workspace,
    private readonly catalog: Catalog,
    private readonly device: () => Device,
    private readonly preparations: Preparations,
    private readonly log: Log,
  ) {}

  /** @throws NotThere: no such run, or none on this data */
  async run(wanted: string | null): Promise<ServedRun> {
    const { fingerprint, name } = this.catalog.training;
    const id = wanted ?? this.workspace.runs.openable(fingerprint)[0]?.id;
    if (id === undefined) {
      throw new NotThere({
        what: `recommendations on ${name}`,
        got: 'no finished run on this data',
        expected: 'a trained model',
        hint: 'train one: agentmmrec train --model lightgcn --data ...',
      });
    }
    const known = this.runs.get(id);
    // Whoever asks may ask for any name: only that of a run becomes a path.
    const checkpointPath = known?.checkpointPath ?? this.workspace.runs.checkpointOf(id);
    const stamp = stampOf(checkpointPath);
    // One that is trained on is answered from as it was until that ends; then it is another.
    if (known && (known.stamp === stamp || !this.workspace.runs.isOpenable(id))) {
      this.runs.delete(id);
      this.runs.set(id, known);
      return await known.served;
    }
    const served = this.open(id, checkpointPath);
    const opening = { served, checkpointPath, stamp };
    this.runs.set(id, opening);
    served.catch(() => {
      if (this.runs.get(id) === opening) this.runs.delete(id);
    });
    if (known) closeSoon(known.served);
    this.letGo();
    return await served;
  }

  /** @throws as `run` */
  async recommend({ user, k, run, rerank, why }: RecommendationRequest): Promise<Recommendations> {
    const { catalog } = this;
    const served = await this.run(run);
    const list = await served.list(user, k);
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
        ...(why && { reasons: reasonsFor(served, catalog, user, item) }),
      };
    });
    return {
      user: catalog.idOf('user', user),
      run: served.id,
      model: served.manifest.recipe.model,
      reranked: reranked !== null,
      remark: rerank === 'auto' ? list.remark : '',
      items,
    };
  }

  /** Lets go of all runs. */
  async close(): Promise<void> {
    const all = [...this.runs.values()];
    this.runs.clear();
    for (const { served } of all) await (await served.catch(() => null))?.close();
  }

  private async open(id: string, checkpointPath: string): Promise<ServedRun> {
    const { dataset } = this.catalog;
    const { log, workspace } = this;
    const request = { dataset, checkpointPath, workspace: workspace.path, log, audits: false };
    const key = servingKey(checkpointPath, dataset.training.fingerprint);
    const artifact = await this.preparations.get(
      key,
      `the lists of ${id}`,
      { run: id },
      async (folder, onProgress, signal) => ({
        ...(await writeServing({ ...request, device: this.device(), folder, onProgress, signal })),
      }),
    );
    return new ServedRun(id, readRunManifest(checkpointPath), artifact, { ...request, device: this.device });
  }

  private letGo(): void {
    for (const [id, { served }] of this.runs) {
      if (this.runs.size <= KEPT_RUNS) return;
      this.runs.delete(id);
      closeSoon(served);
    }
  }
}

/** Whoever still asks it has its answer first. */
function closeSoon(served: Promise<ServedRun>): void {
  void served.then(
    (run) => setTimeout(() => void run.close(), 1000).unref(),
    () => {}, // it was never opened, which whoever asked was told
  );
}
