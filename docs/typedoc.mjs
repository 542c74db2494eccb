// How `npm run docs` makes the pages of the library: from its front door, every export with a comment.
import { createRequire } from 'node:module';

const layers = createRequire(import.meta.url)('../test/architecture/layers.cjs');

export default {
  name: 'AgentMMRec',
  entryPoints: ['../packages/cli/src/index.ts'],
  tsconfig: '../tsconfig.tests.json',
  readme: 'api.md',
  out: '../build/api',
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  skipErrorChecking: true, // `npm run typecheck` does that
  requiredToBeDocumented: ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable'],
  packagesRequiringDocumentation: layers.flat().map((name) => `@agentmmrec/${name}`),
  validation: {
    notDocumented: true,
    invalidLink: true,
    notExported: false, // what a front door leaves out is not for others
    invalidPath: false, // shapes (`[n, d]: ...`) look like links to files
  },
};
