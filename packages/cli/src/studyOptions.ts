import { type Reasoner, RememberedReasoner } from '@agentmmrec/agents';
import { AmrError, integer, type OptionValues, real, text } from '@agentmmrec/core';
import type { Dataset, TrainingData } from '@agentmmrec/datasets';
import { knowledgeOptions, Study } from '@agentmmrec/experiments';
import { openMemory } from '@agentmmrec/memory';
import { defaultMemoryPath } from './knowledgeFile.js';
import { allReasonerNames, isLanguageModel, llmOptions, openReasoner } from './llmOptions.js';
import type { Session } from './session.js';

/** Where knowledge comes from and how it is used. */
export const studyOptions = {
  reasoner: text(
    '',
    `who makes knowledge: ${allReasonerNames.join(', ')}; default: whoever made --memory, else no knowledge`,
  ),
  memory: text(
    '',
    'knowledge file to fill and use; default: one in the workspace for this data set, reasoner and seed',
  ),
  knowledgeSeed: integer(999, {
    min: 0,
    max: 2 ** 31 - 1,
    help: 'draws what prompts see; one memory serves every --seed',
  }),
  rerankDepth: integer(50, { min: 21, max: 1000, help: 'places of a list that the Utilizer may reorder' }),
  ...knowledgeOptions,
  ...llmOptions,
} as const;

/** How every model is trained (method.md section 4). */
export const trainingOptions = {
  epochs: integer(1000, { min: 1, help: 'at most' }),
  patience: integer(20, { min: 1, help: 'evaluations without a better validation Recall@20 before stopping' }),
  batchSize: integer(2048, { min: 1, help: 'triples an optimiser step' }),
  learningRate: real(1e-3, { min: 1e-9, max: 10, help: 'of Adam' }),
} as const;

export type StudyValues = OptionValues<typeof studyOptions>;

/** The reasoner that the options mean; empty for none. */
export function reasonerName({ reasoner, memory }: StudyValues, training: TrainingData): string {
  return reasoner || (memory === '' ? '' : makerOf(memory, training));
}

/**
 * A study of the data set with the knowledge that the options mean.
 * @param asks false where nothing new is asked of the reasoner: then a language model need not be there
 */
export async function openStudy(
  dataset: Dataset,
  options: StudyValues,
  session: Session,
  { asks }: { asks: boolean } = { asks: true },
): Promise<Study> {
  const { training } = dataset;
  const name = reasonerName(options, training);
  const remembered = !asks && options.memory !== '' && isLanguageModel(name);
  const { promptNeighbours, kUsers, kItems, knowledgeEncoding } = options;
  return new Study({
    dataset,
    device: session.device(),
    workspace: session.workspace,
    reasoner: remembered ? rememberedReasoner(options.memory, training) : await reasonerOf(name, options, session),
    completeMemory: !remembered,
    memoryPath:
      options.memory ||
      defaultMemoryPath(
        session.workspace,
        training,
        [name, options.llmModel, options.knowledgeSeed].filter((part) => part !== null && part !== '').join('-'),
      ),
    knowledgeSeed: options.knowledgeSeed,
    knowledgeOptions: { promptNeighbours, kUsers, kItems, knowledgeEncoding },
    rerankDepth: options.rerankDepth,
    log: session.log,
    signal: session.signal,
  });
}

async function reasonerOf(name: string, options: StudyValues, session: Session): Promise<Reasoner | null> {
  return name === '' ? null : await openReasoner(name, options, session);
}

function rememberedReasoner(path: string, training: TrainingData): Reasoner {
  const memory = openMemory({ path, fingerprint: training.fingerprint, mode: 'read' });
  try {
    return new RememberedReasoner(memory);
  } finally {
    memory.close();
  }
}

/** The name of the one reasoner that wrote a memory. */
function makerOf(path: string, training: TrainingData): string {
  const memory = openMemory({ path, fingerprint: training.fingerprint, mode: 'read' });
  try {
    const { reasoners } = memory.stats();
    if (reasoners.length === 1) return reasoners[0];
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: reasoners.length === 0 ? 'an empty memory' : `knowledge by ${reasoners.join(' and ')}`,
      expected: 'knowledge by one reasoner',
      hint: 'name it with --reasoner',
    });
  } finally {
    memory.close();
  }
}
