import { AmrError, optional } from '@agentmmrec/core';
import { checkSource, loadDataset, loadingOptions } from '@agentmmrec/datasets';
import { Explorer, serveTools } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { preparer } from '../runs/prepareServing.js';
import { productVersion } from '../session/version.js';
import { loadOptions } from '../studies/datasetOptions.js';

export const mcp = defineCommand({
  details:
    'Tools for agents by the Model Context Protocol: recommend, explain, similar_items, knowledge, find. Read only. The agent starts this command ' +
    'itself and talks to it over standard input and output; remarks go to standard error.',
  workspace: 'looks',
  stopping: 'the tools end now',
  example: 'agentmmrec mcp --data catalog',
  options: {
    ...loadingOptions,
    data: optional({
      type: 'text',
      help: 'a path or the name of a prepared data set; default: that of the newest run',
    }),
  },
  async run({ data, ...loading }, session) {
    const { workspace, log, signal, json } = session;
    if (json) throw outputTaken();
    if (data !== null) checkSource(data, loadOptions(loading, session));
    const explorer = new Explorer({
      workspace,
      data,
      load: async (name) => await loadDataset(name, loadOptions(loading, session)),
      device: () => session.device(),
      prepare: preparer(session, loading),
      log,
    });
    const onError = (error: unknown) =>
      log.warn(`an answer failed: ${error instanceof Error ? error.message : String(error)}`);
    await serveTools({ explorer, version: productVersion(), signal, onError });
  },
});

function outputTaken(): AmrError {
  return new AmrError({
    what: 'mcp, option "json"',
    got: 'on',
    expected: 'the output left to the protocol',
    hint: 'leave --json out',
  });
}
