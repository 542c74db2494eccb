import { optional } from '@agentmmrec/core';
import { loadDataset, loadingOptions } from '@agentmmrec/datasets';
import { Explorer } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { endWithParent } from '../runs/endWithParent.js';
import { type PreparationProgress, preparingShown } from '../runs/prepareServing.js';
import { loadOptions } from '../studies/datasetOptions.js';

export const servePrepare = defineCommand({
  details:
    'The lists of every user by a run, before and after reranking, and what the neighbours by a knowledge memory are found with. serve makes them ' +
    'itself, in a process of its own, with its first start; they lie among the artifacts of the workspace.',
  example: 'agentmmrec serve prepare --data catalog',
  options: {
    ...loadingOptions,
    data: optional({
      type: 'text',
      help: 'a path or the name of a prepared data set; default: that of the newest run',
    }),
    run: optional({ type: 'text', help: 'a run of runs list; default, without --memory too: the newest' }),
    memory: optional({ type: 'text', help: 'a memory of knowledge list; default, without --run too: the newest' }),
  },
  async run({ data, run, memory, ...loading }, session) {
    const { workspace, log } = session;
    const shown = preparingShown(log, '');
    const explorer = new Explorer({
      workspace,
      data,
      load: async (name) => await loadDataset(name, loadOptions(loading, session)),
      device: () => session.device(),
      onProgress: (label, done, total) => {
        shown.onProgress(label, done, total);
        if (total !== null) process.send?.({ done, total } satisfies PreparationProgress);
      },
      log,
    });
    const letGo = endWithParent();
    try {
      await explorer.makeReady(
        run === null && memory === null
          ? undefined
          : { ...(run !== null && { run }), ...(memory !== null && { memory }) },
      );
      session.say('ready to be served');
      session.emit({ run, memory });
    } finally {
      shown.end();
      await explorer.close();
      letGo();
      if (process.connected) process.disconnect();
    }
  },
});
