import { type Log, silentLog } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import type { Device } from '@agentmmrec/kernels';
import { Catalog } from './catalog/catalog.js';
import { FoundFeatures } from './catalog/foundFeatures.js';
import { Neighbours } from './catalog/neighbours.js';
import { Recommender } from './recommend/recommender.js';
import { NotThere } from './refusals.js';
import {
  type OnPreparing,
  Preparations,
  type PreparationTarget,
  type PrepareElsewhere,
  type PrepareRequest,
} from './serving/preparations.js';
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
  /** makes ready what takes long, in another process; default: this one does, and answers nobody meanwhile */
  readonly prepare?: PrepareElsewhere;
  /** told what is made ready and how far it is, here or in another process */
  readonly onProgress?: OnPreparing;
  readonly log?: Log;
}

/** A workspace and its data set, which is loaded at the first question about it. Read only. */
export class Explorer {
  readonly workspace: Workspace;
  readonly preparations: Preparations;
  private opening: Promise<OpenData> | null = null;
  private chosenName: string | null = null;

  constructor(private readonly request: ExplorerRequest) {
    this.workspace = new Workspace(request.workspace);
    const { prepare, onProgress = null } = request;
    const elsewhere: PrepareRequest | null = prepare
      ? (asked, ...told) => prepare({ ...asked, data: this.name() }, ...told)
      : null;
    this.preparations = new Preparations(request.workspace, elsewhere, onProgress);
  }

  /**
   * Makes ready what is asked for often: the lists of a run and the neighbours by a memory, each made once and kept in the workspace. By
   * default those of the newest ones that there are.
   * @throws NotThere: no data set, no such run or memory
   */
  async makeReady(asked?: PreparationTarget): Promise<void> {
    const { catalog, recommender, neighbours } = await this.data();
    const { fingerprint } = catalog.training;
    const run = asked ? asked.run : this.workspace.runs.openable(fingerprint)[0]?.id;
    if (run !== undefined) await recommender.run(run);
    const memory = asked ? asked.memory : this.workspace.memories.newestFor(fingerprint);
    if (memory) await neighbours.makeReady(this.workspace.memories.reader(memory, fingerprint));
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
    this.preparations.close();
    await opened?.recommender.close();
    this.workspace.close();
  }

  private async open(): Promise<OpenData> {
    const { device, log = silentLog } = this.request;
    const dataset = await this.request.load(this.name());
    const catalog = new Catalog(dataset);
    const { path } = this.workspace;
    return {
      catalog,
      neighbours: new Neighbours(catalog, new FoundFeatures(path, catalog.training), this.preparations),
      recommender: new Recommender(this.workspace, catalog, device, this.preparations, log),
    };
  }

  /** Path or name of the data set; once chosen it stays. */
  private name(): string {
    this.chosenName ??= this.request.data ?? this.chosen();
    return this.chosenName;
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
