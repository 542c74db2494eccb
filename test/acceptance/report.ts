import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '@agentmmrec/core';
import type { AcceptanceCheck, CheckOutcome } from './check.js';

/** One line of the record: an outcome with when and on what it was seen. */
export interface RecordedOutcome extends CheckOutcome {
  readonly id: string;
  readonly seconds: number;
  /** of the sources, with `+` when they had uncommitted changes */
  readonly commit: string;
  /** ISO date */
  readonly date: string;
  readonly machine: string;
}

/** Outcomes by check, one JSON line each; a check run again replaces its line. */
export function readRecord(path: string): Map<string, RecordedOutcome> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as RecordedOutcome).map((outcome) => [outcome.id, outcome]));
}

/** Writes the record and the report rendered from it. Outcomes of checks that are no more are dropped. */
export function writeReport(
  folder: string,
  checks: readonly AcceptanceCheck[],
  record: ReadonlyMap<string, RecordedOutcome>,
): void {
  const known = checks.flatMap((check) => record.get(check.id) ?? []);
  writeFileAtomic(`${folder}/acceptance.jsonl`, known.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
  writeFileAtomic(`${folder}/acceptance.md`, renderReport(checks, record));
}

export function renderReport(checks: readonly AcceptanceCheck[], record: ReadonlyMap<string, RecordedOutcome>): string {
  const issues = [...new Set(checks.map((check) => check.issue))].sort((a, b) => a - b);
  return [
    '# Acceptance',
    '',
    'Rendered by `npm run accept` from `acceptance.jsonl`; not edited by hand. A gate keeps its issue open while it fails; a',
    'target is measured and reported. Each line says on which commit and machine it was seen.',
    ...issues.flatMap((issue) => [
      '',
      `## Issue ${issue}`,
      '',
      ...renderIssue(
        checks.filter((c) => c.issue === issue),
        record,
      ),
    ]),
    '',
  ].join('\n');
}

function renderIssue(checks: readonly AcceptanceCheck[], record: ReadonlyMap<string, RecordedOutcome>): string[] {
  const rows = checks.map((check) => {
    const outcome = record.get(check.id);
    const seen = outcome ? `${outcome.commit}, ${outcome.date}, ${outcome.seconds.toFixed(0)} s` : '';
    const cells = [check.id, check.kind, check.expected, outcome?.measured ?? '', verdict(check, outcome), seen];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  });
  const details = checks.flatMap((check) => {
    const outcome = record.get(check.id);
    const bound = outcome?.bound ?? check.bound;
    const found = outcome?.passed === false && bound ? [bound] : [];
    if (outcome?.details) found.push(outcome.details);
    return found.length > 0 ? ['', `### ${check.id}`, '', found.join('\n\n')] : [];
  });
  const machines = new Set(checks.flatMap((check) => record.get(check.id)?.machine ?? []));
  return [
    '| check | kind | expected | seen | verdict | where and when |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...details,
    ...(machines.size > 0 ? ['', `Machine: ${[...machines].join('; ')}`] : []),
  ];
}

function verdict(check: AcceptanceCheck, outcome: RecordedOutcome | undefined): string {
  if (outcome === undefined) return 'not run';
  if (outcome.passed === null) return 'could not be tried';
  if (outcome.passed) return check.kind === 'gate' ? 'passed' : 'reached';
  return check.kind === 'gate' ? '**FAILED**' : '**missed**';
}
