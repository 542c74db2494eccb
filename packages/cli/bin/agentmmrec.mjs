#!/usr/bin/env node
// The committed front of the command: it also answers before the build, on a Node too old for the rest, and says what to run.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtEntry } from './builtEntry.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
const entry = builtEntry(fileURLToPath(new URL('../dist', import.meta.url)));

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `agentmmrec: got Node ${process.versions.node}, expected 20.19 or newer. HINT: install it from nodejs.org or with your version manager`,
  );
  process.exitCode = 2;
} else if (entry === undefined) {
  console.error(
    'agentmmrec: got a checkout that is not built, expected packages/cli/dist. HINT: run "npm ci && npm run build" in the project folder',
  );
  process.exitCode = 2;
} else {
  // Where a stack is asked for, it names the sources.
  if (process.env.AMR_DEBUG) process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(entry).href);
  process.exitCode = await main(process.argv.slice(2));
}
