import { LlmError } from '@agentmmrec/llm';
import { build, ENTRIES, holdsWhole } from './builds.js';
import { holds, type LiveCheck, type Target } from './check.js';
import { type OwnServer, wait } from './ownServer.js';

/** How long the server stays away. */
const AWAY_MS = 1_000;
/** Of so many tokens: less than a prompt has, by far where it is one of the longer kind. */
const TOO_SMALL = 256;
const LONG_PROMPTS = 'default';

/** What happens to a build when its server is stopped, loses its model, or has too little room. */
export function outageChecks(server: OwnServer, target: Target): LiveCheck[] {
  return [
    {
      name: `a server stopped and started in the middle of a build, ${target.name}`,
      async run(context) {
        let back: Promise<void> | null = null;
        const built = await build(target.open(), 'stopped', context, (answers) => {
          if (answers === 1) back = stopAndStart(server);
        });
        holds(back !== null, 'the build ended before the server was stopped');
        await back;
        holdsWhole(built);
        holds(built.warnings.length > 0, 'the build did not say that the server was away');
      },
    },
    {
      name: `a model removed in the middle of a build, ${target.name}`,
      async run(context) {
        await server.make('removed', target.model);
        const open = () => target.open({ llmModel: 'removed' });
        let gone: Promise<void> | null = null;
        const error = await build(open(), 'removed', context, (answers) => {
          if (answers === 1) gone = server.remove('removed');
        }).then(
          ({ entries }) => new Error(`the build ended with ${entries} entries`),
          (thrown: unknown) => thrown,
        );
        await gone;
        holds(error instanceof LlmError && error.fault === 'notFound', `it ended with: ${error}`);
        await server.make('removed', target.model);
        const built = await build(open(), 'removed', context);
        holdsWhole(built);
        holds(built.entries > 0, 'no entry was written');
        await server.remove('removed');
      },
    },
    {
      name: `a context too small, ${target.name}`,
      async run(context) {
        const told = await failureOf(
          build(target.open({ contextLength: TOO_SMALL }), 'told', context, () => {}, LONG_PROMPTS),
        );
        holds(told.includes('tokens'), `a context that is told: ${told}`);
        // The server has less than the product was told: its own API refuses, over /v1 it cuts prompts without a word.
        await server.make('narrow', target.model, { num_thread: 1, num_ctx: TOO_SMALL });
        const narrow =
          target.api === 'openai'
            ? target.open({ llmModel: 'narrow' })
            : target.open({ further: { num_ctx: TOO_SMALL } });
        const untold = await failureOf(build(narrow, 'untold', context, () => {}, LONG_PROMPTS));
        await server.remove('narrow');
        holds(/context|tokens/.test(untold), `a context that is not told: ${untold}`);
        if (target.api === 'openai') holds(untold.includes('cut the prompt'), `over /v1: ${untold}`);
      },
    },
  ];
}

async function stopAndStart(server: OwnServer): Promise<void> {
  await server.stop();
  await wait(AWAY_MS);
  server.start();
}

/** The sentence that a build ends with, or that its entries failed with, all of them. */
async function failureOf(built: ReturnType<typeof build>): Promise<string> {
  try {
    const { report, entries, failed } = await built;
    if (failed < ENTRIES) return `${entries} entries were written`;
    return report.properties.failures[0].reason;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
