import { type Log, silentLog } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { Catalog } from './catalog/catalog.js';
import { FoundFeatures } from './catalog/foundFeatures.js';
import { Neighbours } from './catalog/neighbours.js';
import { Recommender } from './recommend/recommender.js';
import { NotThere } from './refusals.js';
import { Workspace } from './workspace/workspace.js';

/** One data set of a workspace with what can be asked about it. */
export interface OpenData {
  readonly catalog: Catalog;
  readonly neighbours: Neighbours;
  readonly recommender: Recommender;
}

/** What an explorer looks at. */
export interface ExplorerRequest {
  readonly workspace: string;
  /** a path or the name of a prepared data set; null: that of the newest run, else the one that was prepared last */
  readonly data: string | null;
  /** reads a data set by its path or name */
  readonly load: (data: string) => Promise<Dataset>;
  /** opened with the first recommendation; the caller's own */
  readonly device: () => Device;
  readonly log?: Log;
}

/** A workspace and its data set, which is loaded at the first question about it. Read only. */
export class Explorer {
  readonly workspace: Workspace;
  private opening: Promise<OpenData> | null = null;

  constructor(private readonly request: ExplorerRequest) {
    this.workspace = new Workspace(request.workspace);
  }

  /** The data set. A workspace without one is looked at again the next time. @throws NotThere: none is prepared */
  data(): Promise<OpenData> {
    this.opening ??= this.open().catch((cause) => {
      this.opening = null;
      throw cause;
    });
    return this.opening;
  }

  /** Lets go of models and files. */
  async close(): Promise<void> {
    const opened = await this.opening?.catch(() => null);
    this.opening = null;
    await opened?.recommender.close();
    this.workspace.close();
  }

  private async open(): Promise<OpenData> {
    const { device, log = silentLog } = this.request;
    const dataset = await this.request.load(this.request.data ?? this.chosen());
    const catalog = new Catalog(dataset);
    const { path } = this.workspace;
    return {
      catalog,
      neighbours: new Neighbours(catalog, new FoundFeatures(path, catalog.training)),
      recommender: new Recommender(this.workspace, catalog, device(), log),
    };
  }

  /** The data of the newest run that is prepared here, else the one that was prepared last. */
  private chosen(): string {
    const prepared = this.workspace.datasets().filter(({ problem }) => problem === null);
    const used = this.workspace.runs.list().map(({ fingerprint }) => fingerprint);
    const byRun = used.flatMap((one) => prepared.filter(({ fingerprint }) => fingerprint === one))[0];
    const newest = prepared.toSorted((a, b) => (b.preparedAtMs ?? 0) - (a.preparedAtMs ?? 0))[0];
    const chosen = byRun ?? newest;
    if (chosen) return chosen.name;
    throw new NotThere({
      what: 'data',
      got: 'no prepared data set in the workspace',
      expected: 'one, or a path with --data',
      hint: 'prepare one: agentmmrec data prepare --from PATH --name NAME',
    });
  }
}
