import type { OptionSchema } from '@agentmmrec/core';
import { findModel } from '@agentmmrec/models';
import { defineCommand } from '../command.js';
import { trainSchema } from '../runs/trainSchema.js';

export const train = defineCommand({
  details:
    'Ctrl-C saves and prints the command that goes on. With --json the last line is the result. --model agentmmrec also trains ' +
    'what it is compared with; --compare none leaves that out. Feedback rewrites a copy of the memory that belongs to the run; with ' +
    '--memory FILE it rewrites that file, so that a further run can take it over.',
  example: 'agentmmrec train --model lightgcn --data catalog --layers 2',
  options: trainSchema,
  further: ({ model }): OptionSchema => (typeof model === 'string' && model !== '' ? findModel(model).options : {}),
  async run(given, session, modelOptions) {
    const { trainRun } = await import('../runs/trainRun.js');
    await trainRun(given, session, modelOptions);
  },
});
