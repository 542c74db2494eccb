import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nearestName } from '@agentmmrec/core';
import type { AcceptanceCheck, CheckOutcome } from './check.js';
import { checks } from './checks/index.js';
import { acceptanceContext } from './commands.js';
import { readRecord, writeReport } from './report.js';

/**
 * `npm run accept [-- --issue 2] [-- --only ID]... [-- --python PATH] [-- --list]`: tries what the issues ask for and writes
 * benchmarks/reports/acceptance.md after every check, so that an interrupted run keeps what it has seen.
 */
const root = resolve(import.meta.dirname, '../../..');
const { values } = parseArgs({
  options: {
    list: { type: 'boolean' },
    issue: { type: 'string' },
    only: { type: 'string', multiple: true },
    python: { type: 'string' },
  },
});

const unknown = values.only?.find((id) => !checks.some((check) => check.id === id));
if (unknown !== undefined) {
  const near = nearestName(
    unknown,
    checks.map((check) => check.id),
  );
  console.error(
    `accept: got the check "${unknown}", expected one of --list. HINT: ${near ? `did you mean "${near}"?` : '--list'}`,
  );
  process.exitCode = 2;
} else if (values.list) {
  for (const check of checks) console.log(`${check.id}  (issue ${check.issue}, ${check.kind}): ${check.expected}`);
} else {
  const chosen = checks.filter(
    (check) =>
      (values.only?.includes(check.id) ?? true) && (values.issue === undefined || check.issue === Number(values.issue)),
  );
  process.exitCode = await runAll(chosen);
}

/** 0 when no gate failed. */
async function runAll(chosen: readonly AcceptanceCheck[]): Promise<number> {
  const folder = join(root, 'benchmarks/reports');
  const record = readRecord(join(folder, 'acceptance.jsonl'));
  let failedGates = 0;
  for (const check of chosen) {
    console.log(`== ${check.id}: ${check.expected}`);
    const started = performance.now();
    const outcome = await tried(check);
    const seconds = (performance.now() - started) / 1000;
    record.set(check.id, { ...outcome, id: check.id, seconds, commit: commit(), date: today(), machine: machine() });
    writeReport(folder, checks, record);
    console.log(
      `   ${outcome.passed === null ? 'not tried' : outcome.passed ? 'yes' : 'NO'}: ${outcome.measured} (${seconds.toFixed(0)} s)`,
    );
    if (outcome.passed === false && check.kind === 'gate') failedGates++;
  }
  console.log(`${chosen.length} checks, ${failedGates} gates failed`);
  return failedGates === 0 ? 0 : 1;
}

/** A check that breaks has failed; the sentence says how. */
async function tried(check: AcceptanceCheck): Promise<CheckOutcome> {
  try {
    return await check.run(acceptanceContext(root, values.python ?? null, (text) => console.log(`   ${text}`)));
  } catch (error) {
    return { passed: false, measured: error instanceof Error ? error.message.split('\n')[0] : String(error) };
  }
}

function commit(): string {
  const git = (...words: string[]): string => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();
  return (
    git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', ':!benchmarks/reports') === '' ? '' : '+')
  );
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function machine(): string {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, Node ${process.versions.node}`;
}
