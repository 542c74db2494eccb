import type { KnowledgeValues, Reasoner } from '@agentmmrec/agents';
import type { Log } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import type { EncoderChoice } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import type { FeedbackValues, TrainCall } from '@agentmmrec/training';
import type { KnowledgeUse } from './knowledgeBench.js';

/** One way of recommending: a model, its options and what it gets besides interactions. */
export interface Recipe {
  readonly label: string;
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly knowledge: KnowledgeUse;
  /** by whose knowledge the final lists are reranked; `none` leaves them */
  readonly rerank: KnowledgeUse;
  /** absent: the memory stays as it is while training */
  readonly feedback?: Partial<FeedbackValues>;
}

/** What the rows of a study share. */
export interface StudyRequest {
  readonly dataset: Dataset;
  readonly device: Device;
  readonly workspace: string;
  /** null: no knowledge is made, and every row goes without */
  readonly reasoner: Reasoner | null;
  /** false: the memory is used as it is, and the reasoner is not asked for what it lacks; true */
  readonly completeMemory?: boolean;
  /** `read`: the memory is only looked at, while others may write it; `write` */
  readonly access?: 'read' | 'write';
  /** whether every source of the memory is held against training when it is opened; true */
  readonly audits?: boolean;
  /** the knowledge file; `:memory:` keeps it in this process */
  readonly memoryPath: string;
  /** training seeds are given run by run; `knowledgeSeed` draws what prompts see */
  readonly knowledgeOptions: KnowledgeValues;
  readonly rerankDepth: number;
  /** of the Utilizer's order beside the recommender's; null or absent: chosen on validation */
  readonly rerankWeight?: number | null;
  /** what makes vectors of texts, knowledge and pictures, as `chooseEncoders` found it; hashing and pixels */
  readonly encoders?: EncoderChoice;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** What a training run is called with besides the recipe. */
export type RunSettings = Pick<TrainCall, 'training' | 'checkpointPath' | 'resume' | 'resumeCommand' | 'onEpoch'>;
