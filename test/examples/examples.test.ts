import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { agentmmrec, finished } from '../support/cli.js';
import { root } from '../support/repository.js';

const scripts = readdirSync(join(root, 'examples')).filter((name) => name !== 'README.md');
const python = process.env.AMR_PYTHON || 'python3';
const hasPyarrow = spawnSync(python, ['-c', 'import pyarrow, numpy']).status === 0;
let sources: ReturnType<typeof childSources>;
/** A folder with the examples, a catalog, the same clicks as a table, and a memory about the catalog. */
let folder: string;

async function command(...words: string[]): Promise<void> {
  const { code, stderr } = await agentmmrec(words, { cwd: folder });
  expect({ words, code, stderr: code === 0 ? '' : stderr }).toEqual({ words, code: 0, stderr: '' });
}

async function example(name: string, ...words: string[]): Promise<string[]> {
  const program = name.endsWith('.py') ? python : process.execPath;
  const { code, stdout, stderr } = await finished(program, [name, ...words], { cwd: folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

beforeAll(async () => {
  sources = childSources(readdirSync(join(root, 'packages')));
  folder = join(sources.folder, 'examples');
  mkdirSync(folder);
  for (const name of scripts) copyFileSync(join(root, 'examples', name), join(folder, name));
  await command('data', 'synth', '--out', 'catalog', '--users', '300', '--items', '80', '--image-size', '0');
  const rows = readFileSync(join(folder, 'catalog/interactions.tsv'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(folder, 'clicks.csv'), `${rows.map((row) => row.split('\t').slice(0, 2).join(',')).join('\n')}\n`);
  await command('knowledge', 'build', '--data', 'catalog', '--reasoner', 'extractive', '--memory', 'shop.amrk');
  await command('data', 'prepare', '--from', 'catalog', '--name', 'shop');
}, 240_000);
afterAll(() => sources.remove());

test('train on my table: five items that are in the table, best first', async () => {
  const [head, ...lists] = await example('trainOnMyTable.mjs', 'clicks.csv', 'user-0001');
  expect(head).toMatch(/^best epoch \d+, validation Recall@20 0\.\d{4}$/);
  const shown = lists.map((line) => line.split('  '));
  expect(shown).toHaveLength(5);
  const table = readFileSync(join(folder, 'clicks.csv'), 'utf8');
  for (const [item] of shown) expect(table).toContain(`,${item}\n`);
  const scores = shown.map(([, score]) => Number(score));
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

test('rerank with my memory: items rise that have what the user likes', async () => {
  const [head, ...risen] = await example('rerankWithMyMemory.mjs', 'catalog', 'shop.amrk', 'user-0001');
  const liked = head.replace('user-0001 likes: ', '').match(/[a-z]{3,}/g) ?? [];
  expect(risen).toHaveLength(3);
  const content = readFileSync(join(folder, 'catalog/items.jsonl'), 'utf8').toLowerCase().split('\n');
  for (const line of risen) {
    const title = line.match(/^up \d+ to place \d+: (.+)$/)?.[1].toLowerCase() ?? 'no such line';
    const item = content.find((one) => one.includes(JSON.stringify(title))) ?? '';
    expect({ title, liked: liked.some((term) => item.includes(term)) }).toEqual({ title, liked: true });
  }
});

test('a model of my own: the same trainer lowers its loss', async () => {
  const lines = await example('modelOfMyOwn.mjs', 'catalog');
  const losses = lines.map((line) =>
    Number(line.match(/^epoch \d+: loss (0\.\d+), validation Recall@20 0\.\d{4}$/)?.[1]),
  );
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(losses[0]);
});

test('encode with my model: three items, most alike first', async () => {
  const model = join(root, 'packages/encoders/fixtures/text');
  const [head, target, ...near] = await example('encodeWithMyModel.mjs', model, 'catalog', 'item-0001');
  expect(head).toMatch(/^80 items, \d+ wide, by text$/);
  expect(target).toMatch(/^like ".+":$/);
  const scores = near.map((line) => Number(line.trim().split('  ')[0]));
  expect(scores).toHaveLength(3);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
});

(hasPyarrow ? test : test.skip)(
  `read the Arrow files from Python${hasPyarrow ? '' : ` (skipped: ${python} has no pyarrow; AMR_PYTHON names another)`}`,
  async () => {
    const lines = await example('readArrow.py', '.agentmmrec/datasets/shop');
    const tables = lines.filter((line) => !line.startsWith(' '));
    expect(tables).toContain('items.arrow: 80 rows');
    expect(lines).toContain('  title: string');
  },
);

test('the README names every script, and each says at its top how to run it', () => {
  const readme = readFileSync(join(root, 'examples/README.md'), 'utf8');
  for (const name of scripts) {
    expect(readme).toContain(`](${name})`);
    expect(readFileSync(join(root, 'examples', name), 'utf8')).toContain(`examples/${name} `);
  }
});
