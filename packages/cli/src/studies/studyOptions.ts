import { knowledgeOptions, type Reasoner, RememberedReasoner } from '@agentmmrec/agents';
import { AmrError, type OptionValues, optional, pickOptions } from '@agentmmrec/core';
import type { Dataset, TrainingData } from '@agentmmrec/datasets';
import { encoderOptions } from '@agentmmrec/encoders';
import type { Study } from '@agentmmrec/experiments';
import { openMemory } from '@agentmmrec/memory';
import { rerankOptions } from '@agentmmrec/training';
import type { Session } from '../session/session.js';
import { encodersOf } from './encodersOf.js';
import { defaultMemoryPath } from './knowledgeFile.js';
import { allReasonerNames, isLanguageModel, llmOptions, openReasoner } from './llmOptions.js';

/** Where knowledge comes from and how it is used. */
export const studyOptions = {
  reasoner: optional({
    type: 'text',
    names: allReasonerNames,
    help: `who makes knowledge: ${allReasonerNames.join(', ')}; default: whoever made --memory, else no knowledge`,
  }),
  memory: optional({
    type: 'text',
    help: 'knowledge file to fill and use; default: one in the workspace for this data set, reasoner and seed',
  }),
  ...rerankOptions,
  ...knowledgeOptions,
  ...encoderOptions,
  ...llmOptions,
} as const;

export type StudyValues = OptionValues<typeof studyOptions>;

/** The reasoner that the options mean; null for none. */
export function reasonerName({ reasoner, memory }: StudyValues, training: TrainingData): string | null {
  return reasoner ?? (memory === null ? null : makerOf(memory, training));
}

/**
 * A study of the data set with the knowledge that the options mean.
 * @param use `asks`: false where nothing new is asked of the reasoner: then a language model need not be there
 */
export async function openStudy(
  dataset: Dataset,
  options: StudyValues,
  session: Session,
  { asks = true }: { asks?: boolean } = {},
): Promise<Study> {
  const { Study } = await import('@agentmmrec/experiments');
  const { training } = dataset;
  const name = reasonerName(options, training);
  const { memory, llmModel, knowledgeSeed, rerankDepth, rerankWeight } = options;
  const remembered = !asks && memory !== null && name !== null && isLanguageModel(name) ? memory : null;
  return new Study({
    dataset,
    device: session.device(),
    workspace: session.workspace,
    reasoner: remembered !== null ? rememberedReasoner(remembered, training) : await reasonerOf(name, options, session),
    completeMemory: remembered === null,
    memoryPath:
      memory ??
      defaultMemoryPath(
        session.workspace,
        training,
        [name, llmModel, knowledgeSeed].filter((part) => part !== null).join('-'),
      ),
    knowledgeOptions: pickOptions(knowledgeOptions, options),
    rerankDepth,
    rerankWeight,
    encoders: encodersOf(options, training, session),
    log: session.log,
    signal: session.signal,
  });
}

async function reasonerOf(name: string | null, options: StudyValues, session: Session): Promise<Reasoner | null> {
  return name === null ? null : await openReasoner(name, options, session);
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
