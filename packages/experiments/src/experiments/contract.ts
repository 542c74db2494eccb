import type { OptionSchema } from '@agentmmrec/core';
import type { LoadingValues } from '@agentmmrec/datasets';
import type { PaperRow } from '../paper/paperRows.js';
import type { BareRecipe, KnowledgeSource, RunSpec } from '../runs/runSpec.js';
import type { SearchSpace } from '../search/ranges.js';

/** One line of a table: a way of recommending, run once a seed. */
export interface ExperimentRow {
  /** stands for the row in comparisons and figures: different in each row of a plan */
  readonly label: string;
  /** rows of one group stand together under its name; those without stand first */
  readonly group?: string;
  readonly recipe: BareRecipe;
  /** what differs from the training that all rows share */
  readonly training?: Partial<RunSpec['training']>;
  /** what differs from the source of knowledge that all rows share */
  readonly source?: KnowledgeSourceChange;
  /** the lists as they were before reranking, of a recipe that reranks */
  readonly beforeReranking?: boolean;
  /** chosen on validation before the row is run; absent: the model's own defaults */
  readonly search?: SearchSpace;
  /** true: the same row without a search stands in the plan too, so its options are one more candidate, which costs no run */
  readonly ownOptionsToo?: boolean;
  /** label of the row whose run of the same seed leaves the memory that this one begins with */
  readonly memoryAfter?: string;
  /** what the paper reports on this data set */
  readonly paper?: PaperRow | null;
  /** place on the x axis of a sweep, and the curve it belongs to */
  readonly sweep?: { readonly curve: string; readonly x: number };
  readonly note?: string;
  /** why the row cannot be run: said in its place */
  readonly missing?: string;
  /** run for another row, and not shown */
  readonly step?: boolean;
}

/** Another language model or wording, with how it is reached where that differs too. */
export type KnowledgeSourceChange = Partial<Omit<KnowledgeSource, 'options'>> & {
  readonly options?: Partial<KnowledgeSource['options']>;
  readonly reach?: Readonly<Record<string, unknown>>;
};

/** What a page draws besides the table. */
export type Figure = 'curves' | 'differences' | 'groups' | 'significance' | 'tradeoff' | 'sweep' | 'users';

/** What an experiment runs and how it is shown. */
export interface ExperimentPlan {
  readonly rows: readonly ExperimentRow[];
  /** pairs of labels: the first against the second */
  readonly comparisons: readonly (readonly [label: string, baseline: string])[];
  readonly figures: readonly Figure[];
  /** columns besides the four metrics */
  readonly columns?: readonly ('epochSeconds' | 'memory' | 'calls' | 'tokens')[];
  /** a further line: mean and spread over these rows */
  readonly over?: { readonly label: string; readonly rows: readonly string[] };
  /** runs one after the other, so that their times can be compared */
  readonly alone?: boolean;
  /** tables of numbers that no run has to find out */
  readonly tables?: readonly {
    readonly heading: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  readonly remarks?: readonly string[];
}

/** What a plan may depend on. Nothing here was learnt from validation or test. */
export interface PlanContext {
  /** values of the experiment's own options */
  readonly values: Readonly<Record<string, unknown>>;
  /** trained models that were asked for, in the order of the record */
  readonly models: readonly string[];
  readonly data: {
    readonly name: string;
    readonly hasFeatures: boolean;
    /** whether there is anything that knowledge can be made of: texts, pictures, or visual words where they are asked for */
    readonly readable: boolean;
    /** a whole table of 5-core Amazon data that the paper reports on: `baby` */
    readonly paperName: string | null;
    readonly splitBy: string;
  };
  /** families of templates that there are, in the folder of --prompts */
  readonly wordings: readonly string[];
  /** null: no reasoner was named, and nothing can be made of knowledge */
  readonly source: KnowledgeSource | null;
  /** what a search tries for a model; undefined where rows keep their models' defaults */
  tuning(model: string): SearchSpace | undefined;
  /** calls that the knowledge and one reranking of all users cost with a language model */
  calls(): { readonly building: number; readonly refining: number; readonly reranking: number };
}

/** A table or figure of the paper, declared as a plan of runs. */
export interface Experiment {
  readonly name: string;
  /** how a page is headed: `Overall comparison` */
  readonly title: string;
  /** one sentence for the help */
  readonly summary: string;
  /** what of the paper it stands for: `Table 1` */
  readonly shows: string | null;
  /** true: its rows name their own reasoners, and --reasoner need not */
  readonly rowsNameReasoners?: boolean;
  /** how the data are read, where the experiment decides it */
  readonly loading?: Partial<LoadingValues>;
  /** how all its rows are trained, where the experiment decides it */
  readonly training?: Partial<RunSpec['training']>;
  /** options of its own, besides those of every experiment */
  readonly options?: OptionSchema;
  /** The rows and what is compared, for this data. */
  plan(context: PlanContext): ExperimentPlan;
}
