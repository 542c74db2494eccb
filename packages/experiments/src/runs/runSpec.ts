import type { KnowledgeValues } from '@agentmmrec/agents';
import { digest, type OptionValues } from '@agentmmrec/core';
import type { LoadingValues } from '@agentmmrec/datasets';
import type { EncoderChoice } from '@agentmmrec/encoders';
import type { trainingOptions } from '@agentmmrec/training';
import type { Recipe } from '../study/studyRequest.js';

/** A recipe without the name that a table gives it. */
export type BareRecipe = Omit<Recipe, 'label'>;

/** Who writes knowledge, as far as it decides the words: the name for `--reasoner`, and the options of a language model. */
export interface KnowledgeSource {
  readonly reasoner: string;
  readonly llmModel: string | null;
  readonly promptFamily: string;
  readonly imagesPerPrompt: number;
  readonly contextLength: number;
  readonly options: KnowledgeValues;
  /** digest of the templates, of which a language model gets those of the family */
  readonly templates: string;
  /** digest of a memory that is given and completed; null: it begins empty */
  readonly given: string | null;
}

/** Everything that decides the result of a run, and nothing else: its digest is the run's address. */
export interface RunSpec {
  /** `knowledge` fills a memory; `select` trains and looks at validation only; `train` also opens the test split once */
  readonly kind: 'knowledge' | 'select' | 'train';
  /** of the training data */
  readonly fingerprint: string;
  /** null for `knowledge` */
  readonly recipe: BareRecipe | null;
  readonly seed: number;
  readonly training: OptionValues<typeof trainingOptions>;
  readonly rerankDepth: number;
  /** of the Utilizer's order; null: chosen on validation */
  readonly rerankWeight: number | null;
  /** null: the run needs no knowledge */
  readonly source: KnowledgeSource | null;
  /** address of the state whose memory the run begins with: of a `knowledge` run, or of a run whose feedback rewrote it */
  readonly memoryFrom: string | null;
  /** digest of the models that encode texts, knowledge and pictures; null: hashing and pixels */
  readonly encoders: string | null;
  /** digest of the code that makes the result */
  readonly codeVersion: string;
}

/** Where a run finds what it needs; another place gives the same result. */
export interface RunPlace {
  /** path or name of the data set, as for `--data` */
  readonly data: string;
  readonly loading: LoadingValues;
  /** where the models lie that encode */
  readonly encoders: EncoderChoice;
  /** path of the memory that is given */
  readonly memory: string | null;
  /** how language models are reached */
  readonly reach: Readonly<Record<string, unknown>>;
}

/** A run of a plan. */
export interface PlannedRun {
  readonly spec: RunSpec;
  readonly place: RunPlace;
  /** for people: `LightGCN, seed 999` */
  readonly label: string;
}

/** Address of the result. */
export function runId({ spec }: Pick<PlannedRun, 'spec'>): string {
  return digest(spec).slice(0, 24);
}

/**
 * Address of what a run leaves to go on from: its checkpoint and its memory. Selection and the final run of one training share it,
 * and so do runs that differ in their epochs alone: whoever comes second goes on where the first ended.
 */
export function stateId({ spec }: Pick<PlannedRun, 'spec'>): string {
  if (spec.kind === 'knowledge') return runId({ spec });
  const { kind: _kind, training, ...deciding } = spec;
  const { epochs: _epochs, patience: _patience, ...trained } = training;
  return digest({ ...deciding, training: trained }).slice(0, 24);
}
