#!/usr/bin/env node
// Compiles the addon for this machine: `npm run build:native` in a checkout, `npx agentmmrec-build` where it is installed as a package.
// `--unless-prebuilt`, as on install: only where no prebuilt package loads.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compileHere } from './cmake.mjs';

const native = import.meta.dirname;
const folder = join(native, 'build');

if (process.argv.includes('--unless-prebuilt')) {
  const reason = whyNotLoaded();
  if (reason === undefined) process.exit(0);
  console.error(`agentmmrec: ${reason}, so the native kernels are compiled here.`);
}
const { status } = spawnSync(process.execPath, [join(native, 'checkToolchain.mjs')], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
compileHere(folder, 'agentmmrec');

/** What keeps the addon that is there from being used, if anything; tried in another process, which it could end. */
function whyNotLoaded() {
  const script = `try { require(${JSON.stringify(join(native, 'load.cjs'))}).loadAddon().openCpu(undefined, 1); }
    catch (error) { process.stdout.write(error.message.split('\\n')[0]); process.exitCode = 1; }`;
  const { status: ended, stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  return ended === 0 ? undefined : stdout || 'the addon that is there ended the process';
}
