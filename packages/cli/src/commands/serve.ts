import { setFlagsFromString } from 'node:v8';
import { flag, integer, optional, text } from '@agentmmrec/core';
import { checkSource, loadDataset, loadingOptions } from '@agentmmrec/datasets';
import { Explorer, NotThere, serveExplorer } from '@agentmmrec/explorer';
import { defineCommand } from '../command.js';
import { preparer, preparingShown } from '../runs/prepareServing.js';
import { productVersion } from '../session/version.js';
import { loadOptions } from '../studies/datasetOptions.js';

export const serve = defineCommand({
  details:
    'Pages for people and a REST API with an OpenAPI document (/api/openapi.json) for programs: runs, also while they train, users, items, ' +
    'graphs, knowledge, recommendations with their reasons. Read only; nothing leaves the machine. Ctrl-C ends it.',
  workspace: 'looks',
  stopping: 'the server ends now; what it was making ready is made again with the next start',
  example: 'agentmmrec serve --data catalog --port 0',
  options: {
    ...loadingOptions,
    data: optional({
      type: 'text',
      help: 'a path or the name of a prepared data set; default: that of the newest run',
    }),
    port: integer(4100, { min: 0, max: 65535, help: 'where it listens; 0 = any port that is free' }),
    host: text(
      '127.0.0.1',
      'the address it listens on; any but 127.0.0.1 is reached from other machines and asks for a token',
    ),
    token: optional({
      type: 'text',
      help: 'what others must bring; default: where one is needed it is drawn and printed',
    }),
    apiOnly: flag(false, 'answers programs alone, without pages'),
  },
  async run({ data, port, host, token, apiOnly, ...loading }, session) {
    const { workspace, log, signal } = session;
    if (data !== null) checkSource(data, loadOptions(loading, session));
    // A server lives long beside others: its heap grows by a fifth before it is looked through, not to twice its size.
    setFlagsFromString('--heap-growing-percent=20');
    const shown = preparingShown(log, '; whoever asks for it waits');
    const explorer = new Explorer({
      workspace,
      data,
      load: async (name) => await loadDataset(name, loadOptions(loading, session)),
      device: () => session.device(),
      prepare: preparer(session, loading),
      onProgress: shown.onProgress,
      log,
    });
    const onError = (error: unknown) =>
      log.warn(`an answer failed: ${error instanceof Error ? error.message : String(error)}`);
    const served = await serveExplorer({
      explorer,
      version: productVersion(),
      host,
      port,
      token,
      pages: !apiOnly,
      onError,
    });
    session.say(served.address);
    session.emit({ address: served.address, port: served.port, token: served.token });
    // What is there to be asked is made ready before somebody asks; whoever asks earlier waits for it, and is told what is wrong with it.
    void explorer.makeReady().catch((cause: unknown) => {
      // What is not there yet is said by the pages.
      if (!signal.aborted && !(cause instanceof NotThere))
        log.warn(cause instanceof Error ? cause.message : String(cause));
    });
    await ended(signal);
    shown.end();
    await served.close();
  },
});

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
