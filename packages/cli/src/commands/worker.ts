import { queueSchema, runNamedWork, runReasonerWorker } from '@agentmmrec/agents';
import { AmrError, integer, optional, required } from '@agentmmrec/core';
import { llmServerNames } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { runWork } from '../runs/launchRun.js';
import { askingOptions, isLanguageModel, openLanguageModel } from '../studies/llmOptions.js';

export const worker = defineCommand({
  details:
    'Any number of workers on any number of machines share a queue. One with --reasoner answers questions of knowledge build --queue; each has ' +
    'the same model and options, and keeps no state besides its answer cache. One with --runs does runs of experiment --queue; its --workspace ' +
    'is the folder of the experiment’s, and data sets lie at the same paths. Killed at any moment a worker loses nothing. Ctrl-C ends it after ' +
    'the calls in flight; runs save themselves and go on elsewhere.',
  example: 'agentmmrec worker --queue redis://127.0.0.1:6379 --reasoner ollama',
  options: {
    queue: required({ type: 'text', help: queueSchema.queue.help }),
    queueName: queueSchema.queueName,
    reasoner: optional({
      type: 'text',
      names: llmServerNames,
      help: `the kind of language model: ${llmServerNames.join(', ')}`,
    }),
    runs: integer(0, { min: 0, max: 1024, help: 'runs of experiments that are done at a time' }),
    ...askingOptions,
  },
  async run({ queue, queueName, reasoner, runs, ...values }, session) {
    const { log } = session;
    // Where one half of it fails the other ends too, and is waited for.
    const ending = new AbortController();
    const signal = AbortSignal.any([session.signal, ending.signal]);
    if (reasoner === null ? runs === 0 : !isLanguageModel(reasoner)) throw noWork(reasoner);
    const answer = async (kind: string) => {
      const makeReasoner = (readPicture: (path: string) => Promise<Uint8Array>) =>
        openLanguageModel(kind, values, session, { readPicture });
      return await runReasonerWorker({ queue, queueName, makeReasoner, log, signal });
    };
    const orEndAll = async (work: () => Promise<number>) => {
      try {
        return await work();
      } catch (cause) {
        ending.abort();
        throw cause;
      }
    };
    const halves = [
      reasoner === null ? 0 : orEndAll(() => answer(reasoner)),
      runs === 0
        ? 0
        : orEndAll(() => runNamedWork({ queue, queueName, concurrency: runs, work: runWork(session), log, signal })),
    ];
    await Promise.allSettled(halves);
    const [answered, done] = await Promise.all(halves);
    session.say([reasoner && `${answered} questions answered`, runs && `${done} runs done`].filter(Boolean).join(', '));
    session.emit({ answered, runs: done });
  },
});

function noWork(reasoner: string | null): AmrError {
  return new AmrError({
    what: reasoner === null ? 'worker' : '--reasoner of a worker',
    got: reasoner === null ? 'neither --reasoner nor --runs' : `"${reasoner}"`,
    expected: `${llmServerNames.join(' or ')}${reasoner === null ? ', or a number of runs' : ''}`,
    hint:
      reasoner === null
        ? 'for example --reasoner ollama, or --runs 2'
        : 'what needs no language model needs no worker either',
  });
}
