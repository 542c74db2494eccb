import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { AcceptanceCheck } from './check.js';
import { quickStartCommands } from './checks/quickStart.js';
import { type RecordedOutcome, readRecord, renderReport, writeReport } from './report.js';

const check = (id: string, kind: 'gate' | 'target', issue = 2): AcceptanceCheck => ({
  id,
  issue,
  kind,
  expected: `${id} | holds`,
  run: async () => ({ passed: true, measured: '' }),
});
const outcome = (id: string, passed: boolean | null): RecordedOutcome => {
  return { id, passed, measured: 'seen', seconds: 3, commit: 'abc', date: '2026-01-02', machine: 'two cores' };
};

test('says of each check whether it holds, and of gates and targets in their words', () => {
  const checks = [
    check('a', 'gate'),
    check('b', 'gate'),
    check('c', 'target'),
    check('d', 'target', 3),
    check('e', 'gate'),
  ];
  const record = new Map(
    [outcome('a', true), outcome('b', false), outcome('c', false), outcome('d', null)].map((o) => [o.id, o]),
  );
  const report = renderReport(checks, record);
  const rows = report.split('\n').filter((line) => /^\| [a-e] /.test(line));
  const verdicts = rows.map((row) => row.split(/(?<!\\)\|/)[5].trim());
  expect(verdicts).toEqual(['passed', '**FAILED**', '**missed**', 'not run', 'could not be tried']);
  expect(report.indexOf('## Issue 2')).toBeLessThan(report.indexOf('## Issue 3'));
});

test('keeps earlier outcomes and drops those of checks that are gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-report-'));
  try {
    writeReport(
      folder,
      [check('a', 'gate'), check('b', 'gate')],
      new Map([
        ['a', outcome('a', true)],
        ['b', outcome('b', true)],
      ]),
    );
    const record = readRecord(join(folder, 'acceptance.jsonl'));
    writeReport(folder, [check('a', 'gate')], record.set('a', outcome('a', false)));
    expect([...readRecord(join(folder, 'acceptance.jsonl')).values()]).toEqual([outcome('a', false)]);
    expect(readFileSync(join(folder, 'acceptance.md'), 'utf8')).toContain('FAILED');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('finds the two commands of the Quick start', () => {
  const readme = '# X\n\n## Quick start\n\ntext\n\n```bash\n# note\nnpm a\nnpm b\n```\n\n```bash\nnpm c\n```\n';
  expect(quickStartCommands(readme)).toEqual(['npm a', 'npm b']);
});
