// The language-model clients against real servers: node test/live/dist/main.js. Servers named by OLLAMA_HOST (and OLLAMA_MODEL) or by
// OPENAI_BASE_URL with OPENAI_MODEL (and OPENAI_API_KEY), else one of our own. Ends with the line `N passed, N failed[, N skipped]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCheck, twoBuildsCheck } from './builds.js';
import type { LiveCheck, Target } from './check.js';
import { outageChecks } from './outages.js';
import { missingServer, OwnServer } from './ownServer.js';
import { givenTargets, ownTargets } from './targets.js';
import { stopCheck, taskCheck } from './tasks.js';

/** All checks together; on a machine that is too slow the rest is skipped. */
const SECONDS = Number(process.env.AMR_LIVE_SECONDS ?? 300);
const only = new RegExp(process.argv[2] ?? '');

const counts = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-live-'));
const endMs = Date.now() + 1000 * SECONDS;
const own = new OwnServer(join(folder, 'server'));
let isOwn = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(130));

try {
  const given = await givenTargets(process.env);
  isOwn = given.length === 0;
  const stages = isOwn ? stagesOf(ownTargets(own), own) : stagesOf(given, null);
  const missing = isOwn ? missingServer() : null;
  if (isOwn && missing === null) await own.open();
  const reason = `needs OLLAMA_HOST, or OPENAI_BASE_URL with OPENAI_MODEL, or a server: ${missing}`;
  for (const lanes of stages) {
    const lane = async (checks: readonly LiveCheck[]) => {
      for (const check of checks.filter(({ name }) => only.test(name))) {
        if (missing === null) await tried(check);
        else told('skipped', check.name, reason);
      }
    };
    await Promise.all(lanes.map(lane));
  }
} catch (thrown) {
  told('failed', 'the live checks', sentenceOf(thrown));
} finally {
  await end(counts.failed > 0 ? 1 : 0);
}

/**
 * Stages, in order of what is learnt a second; the checks of a stage run side by side, one after the other on each model. What stops
 * the server stands alone.
 */
function stagesOf(targets: readonly Target[], server: OwnServer | null): LiveCheck[][][] {
  const texts = targets.filter(({ seesImages }) => !seesImages);
  const pictured = targets.filter(({ seesImages }) => seesImages);
  const built = texts.length > 0 ? texts : targets;
  const words = [...texts.map(taskCheck), ...built.map(buildCheck), twoBuildsCheck(built[0]), ...built.map(stopCheck)];
  const alone = server === null ? [] : built.map((target) => outageChecks(server, target));
  // First each kind of outage over one protocol, then over the other.
  const [first = [], second = []] = alone;
  return [[pictured.map(taskCheck), words], ...[...first, ...second].map((check) => [[check]])];
}

/** Runs one check within what is left of the time. Time that ran out is the server's fault only where the server shows it. */
async function tried({ name, run }: LiveCheck): Promise<void> {
  const startMs = Date.now();
  const leftMs = endMs - startMs;
  if (leftMs <= 0) return told('skipped', name, `the ${SECONDS} s of all checks were over`);
  const signal = AbortSignal.timeout(leftMs);
  const usedBefore = own.cpuSeconds();
  try {
    const place = mkdtempSync(join(folder, 'check-'));
    await run({ folder: place, signal, leftMs });
    told('passed', name, timeOf(startMs, usedBefore));
  } catch (thrown) {
    const seconds = (Date.now() - startMs) / 1000;
    if (!signal.aborted) return told('failed', name, sentenceOf(thrown));
    const used = own.cpuSeconds() - usedBefore;
    const trouble = isOwn ? await own.trouble(seconds, used) : 'the given server was not fast enough';
    if (trouble !== null) return told('failed', name, trouble);
    told('skipped', name, `${seconds.toFixed(0)} s were too few on this machine; the server was at work all the time`);
  }
}

/** How long a check took, and for how long the server of our own computed meanwhile, for whatever ran then. */
function timeOf(startMs: number, usedBefore: number): string {
  const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
  return isOwn ? `${seconds} s, ${(own.cpuSeconds() - usedBefore).toFixed(1)} s of a processor` : `${seconds} s`;
}

function told(outcome: keyof typeof counts, name: string, detail: string): void {
  counts[outcome]++;
  console.log(`${outcome.padEnd(8)} ${name}: ${detail}`);
}

function sentenceOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
}

async function end(code: number): Promise<never> {
  await own.stop();
  rmSync(folder, { recursive: true, force: true });
  const { passed, failed, skipped } = counts;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exit(code);
}
