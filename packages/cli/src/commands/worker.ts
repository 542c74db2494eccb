import { queueSchema, runReasonerWorker } from '@agentmmrec/agents';
import { AmrError, required } from '@agentmmrec/core';
import { llmServerNames } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { askingOptions, isLanguageModel, openLanguageModel } from '../studies/llmOptions.js';

export const worker = defineCommand({
  details:
    'Any number of workers on any number of machines share a queue; each has the same model and options. A worker keeps no state ' +
    'besides its answer cache: killed at any moment it loses nothing. Ctrl-C ends it after the calls in flight.',
  example: 'agentmmrec worker --queue redis://127.0.0.1:6379 --reasoner ollama',
  options: {
    queue: required({ type: 'text', help: queueSchema.queue.help }),
    queueName: queueSchema.queueName,
    reasoner: required({ type: 'text', help: `the kind of language model: ${llmServerNames.join(', ')}` }),
    ...askingOptions,
  },
  async run({ queue: url, queueName: queue, reasoner, ...values }, session) {
    if (!isLanguageModel(reasoner)) throw noModel(reasoner);
    const { log, signal } = session;
    const makeReasoner = (readPicture: (path: string) => Promise<Uint8Array>) =>
      openLanguageModel(reasoner, values, session, { readPicture });
    const answered = await runReasonerWorker({ url, queue, makeReasoner, log, signal });
    session.say(`${answered} questions answered`);
    session.emit({ answered });
  },
});

function noModel(reasoner: string): AmrError {
  return new AmrError({
    what: '--reasoner of a worker',
    got: `"${reasoner}"`,
    expected: llmServerNames.join(' or '),
    hint: 'what needs no language model needs no worker either',
  });
}
