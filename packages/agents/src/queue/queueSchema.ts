import { integer, optional, text } from '@agentmmrec/core';

/** Where questions are put when workers on other machines answer them. */
export const queueSchema = {
  queue: optional({
    type: 'text',
    help: 'address of a Redis, redis://host:port: workers (agentmmrec worker) ask the language model, this command writes',
  }),
  queueName: text('agentmmrec', 'name of the queue; commands that name the same share workers and budget'),
  inFlight: integer(64, {
    min: 1,
    max: 100_000,
    help: 'questions in the queue at a time: a few times what the workers take',
  }),
} as const;
