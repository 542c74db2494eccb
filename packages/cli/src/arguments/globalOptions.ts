import { choice, flag, integer, type OptionValues, optional, text } from '@agentmmrec/core';

/** Options that every verb understands. */
export const globalOptions = {
  workspace: text('./.agentmmrec', 'folder for prepared data, knowledge and checkpoints'),
  device: {
    ...choice(
      'auto',
      ['auto', 'cpu', 'cuda'],
      'where kernels run; auto takes a usable GPU, else the CPU; cuda:1 names a card, cuda:0,1 several that share columns',
    ),
    also: { pattern: /^cuda(-emulated)?(:\d+(,\d+)*)?$/, words: 'cuda: and numbers of cards, as in cuda:0,1' },
  },
  seed: integer(999, { min: 0, max: 2 ** 31 - 1, help: 'the one seed all random streams are drawn from' }),
  threads: optional({
    type: 'integer',
    min: 1,
    max: 256,
    help: 'CPU threads; default: AMR_THREADS, else all this process may use',
  }),
  config: optional({ type: 'text', help: 'a YAML file of options, named as the flags; flags win' }),
  json: flag(false, 'machine output on stdout, one JSON object a line, the result last'),
} as const;

export type GlobalOptions = OptionValues<typeof globalOptions>;
