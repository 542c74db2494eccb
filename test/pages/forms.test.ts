import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExperimentResult, writeReport } from '@agentmmrec/experiments';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { crowdedResult } from './crowdedResult.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentmmrec-forms-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The form of that name of a result. */
function form(name: 'page' | 'markdown' | 'csv' | 'latex' | 'index', result: ExperimentResult = crowdedResult): string {
  return readFileSync(writeReport(folder, result)[name], 'utf8');
}

const named = (data: Partial<ExperimentResult['data']>): ExperimentResult => ({
  ...crowdedResult,
  data: { ...crowdedResult.data, ...data },
});

test('every line of the LaTeX table has as many cells as columns, and no sign that would end or comment it', () => {
  const lines = form('latex').split('\n');
  const columns = /\\begin\{tabular\}\{(lr*)\}/.exec(lines[1])?.[1].length;
  const cells = lines.filter((line) => line.includes(' & '));
  expect(cells.length).toBeGreaterThan(10);
  for (const line of cells) {
    expect(line.split(/(?<!\\)&/)).toHaveLength(columns ?? 0);
    expect(line.replaceAll(/\\[%&#_$]/g, '')).not.toMatch(/[%#_]/);
    expect(line.endsWith('\\\\')).toBe(true);
  }
});

test('the number of the paper stands with how far ours lies from it', () => {
  const first = crowdedResult.rows.find(({ paper, mean }) => paper && mean);
  const [ours, theirs] = [first?.mean?.['recall@20'] ?? 0, first?.paper?.metrics['recall@20'] ?? 1];
  const percent = (100 * (ours - theirs)) / theirs;
  const said = `ours ${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
  for (const name of ['page', 'markdown'] as const) expect(form(name)).toContain(said);
  expect(form('latex')).toContain(said.replace('%', '\\%'));
});

test('public data are headed by their title, other data as the person named them', () => {
  expect(form('page', named({ name: 'tiktok', users: 9308, items: 6710 }))).toContain('on TikTok</h1>');
  expect(form('page', named({ name: 'baby', users: 19_445, items: 7050 }))).toContain('on Amazon 2014 Baby</h1>');
  for (const name of ['my-shop', 'tiktok', 'baby']) {
    expect(form('page', named({ name, users: 12, items: 34 }))).toContain(`on ${name}</h1>`);
    expect(form('markdown', named({ name, users: 12, items: 34 }))).toContain(`on ${name}\n`);
  }
});

test('Markdown says all of the origin that the page says', () => {
  const { provenance } = crowdedResult;
  const text = form('markdown');
  for (const part of [...provenance.machines, ...provenance.devices, `version ${provenance.version}`]) {
    expect(text).toContain(part);
  }
  expect(text).toMatch(/- Options: .+/);
  expect(text).toMatch(/- Time of all runs: .+ minutes in \d+ runs/);
});

test('the index stands in the order of the paper', () => {
  for (const [name, title, shows] of [
    ['templates', 'Last', 'Table 10'],
    ['comparison', 'Beside', null],
    ['ablation', 'Second', 'Figure 2'],
  ] as const) {
    writeReport(folder, { ...crowdedResult, name, title, shows });
  }
  const page = form('index');
  const places = ['Overall comparison', 'Second', 'Last', 'Beside'].map((title) => page.indexOf(`>${title}<`));
  expect(Math.min(...places)).toBeGreaterThan(0);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
