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
  // The table, what was chosen, what was not run, what is said of rows.
  const tables = form('latex').split('\\begin{tabular}').slice(1);
  expect(tables).toHaveLength(4);
  const lines = tables.flatMap((table) => {
    const columns = table
      .split('\n')[0]
      .slice(1, -1)
      .replaceAll(/p\{[^}]*\}/g, 'l').length;
    return table
      .split('\n')
      .filter((line) => line.includes(' & '))
      .map((line) => [line, columns] as const);
  });
  expect(lines.length).toBeGreaterThan(10);
  for (const [line, columns] of lines) {
    expect(line.split(/(?<!\\)&/)).toHaveLength(columns);
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

test('what a search chose stands as a table in every form, with what it was worth and from how many runs', () => {
  const own = /Model0 with a long name, tuned\D+its own options\D+0\.0912\D+0\.0900\D+5\D+999/;
  const short = /Model3 with a long name, tuned\D+l2 0\.01, learningRate 0\.001\D+0\.0912\D+–?\D+5, 2 missing\D+999/;
  for (const name of ['markdown', 'latex'] as const) {
    expect(form(name)).toMatch(own);
    expect(form(name)).toMatch(short);
  }
  const page = form('page').replaceAll(/<[^>]*>/g, ' ');
  expect(page).toMatch(own);
  expect(page).toMatch(short);
  const csv = form('csv').split('\n');
  const tuned = csv.filter((line) => line.startsWith('"Model3 with a long name, tuned"'));
  expect(csv[0]).toMatch(/,chosen,searchRuns,searchSeed,validRecall20,note$/);
  for (const line of tuned) expect(line).toContain('"l2 0.01, learningRate 0.001",3,999,0.0912');
  expect(tuned).toHaveLength(4);
});

test('what was not run and what is said of rows stands once, with all that it concerns', () => {
  const missing = crowdedResult.rows.map((row, at) =>
    at < 2 ? { ...row, failures: ['seeds 2026, 1 are still to come'] } : row,
  );
  const result = { ...crowdedResult, rows: missing };
  for (const name of ['page', 'markdown', 'latex'] as const) {
    const text = form(name, result);
    for (const said of ['seeds 2026, 1 are still to come', 'no bmu graph: switched off']) {
      expect(text.split(said)).toHaveLength(2);
    }
    expect(text).toContain('Model0 with a long name, tuned; Model1');
  }
});

test('a result from before choices stood in it can still be read', () => {
  const older = crowdedResult.rows.map(({ choice: _, ...row }) => ({
    ...row,
    notes: ['l2 1 chosen on validation from 4 runs'],
  }));
  const { rowRemarks: _, ...rest } = crowdedResult;
  const text = form('markdown', { ...rest, rows: older, remarks: ['a: an older remark'] });
  for (const said of ['l2 1 chosen on validation from 4 runs', 'a: an older remark'])
    expect(text.split(said)).toHaveLength(2);
  expect(text).not.toContain('## Options chosen on validation');
});
