import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFiles, root } from '../support/repository.js';

// Every file, folder and script that a document or a comment names exists.

const all = repositoryFiles();
const files = all.filter((file) => !file.startsWith('benchmarks/reports/'));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** What a reader reads in a file: a document whole, the comments of code. */
function prose(file: string): string {
  const text = read(file);
  const parts = (pattern: RegExp) => [...text.matchAll(pattern)].map(([part]) => part).join('\n');
  if (file.endsWith('.md')) return text;
  if (/\.([cm]?ts|[cm]js|cpp|h|cuh?|def)$/.test(file)) return parts(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/[^\n]*/g);
  if (/(\.py|\.sh|CMakeLists\.txt|\.ci\/run)$/.test(file)) return parts(/#[^\n]*|"{3}[\s\S]*?"{3}/g);
  return '';
}

const SOURCE = /(?<![\w/:.@$*<>{}-])(?:[\w.-]+\/)*[\w.-]+\.(?:md|[cm]?ts|[cm]js|cpp|h|cuh?|def|py|svg|sh)\b(?![\w/(])/g;
const FOLDER = /`((?:packages|native|cuda|benchmarks|test|docs|examples|prompts|\.ci)\/[\w./-]+)`/g;
/** Programs that are called like files. */
const OTHERS = ['llama.cpp'];

/** Names of files that the product writes or reads at run time: they stand in its code as text. */
const texts = files.filter((file) => /\/src\/.*(?<!\.test)\.ts$/.test(file)).map(read);
const isOfRunTime = (name: string) => texts.some((text) => text.includes(`'${name}'`) || text.includes(`/${name}`));

/** A path from the root, from the folder of the file that names it, or the end of one: `simd/simd.h`. What is built is its source. */
function exists(named: string, by: string): boolean {
  const name = named.replace(/^(\.\.?\/)+/, '').replace(/\/$/, '');
  const source = name.replace(/(^|\/)dist\//, '$1src/').replace(/\.js$/, '.ts');
  const fromHere = normalize(join(dirname(by), named)).replace(/\/$/, '');
  const ends = (file: string, end: string) =>
    file === end || file.endsWith(`/${end}`) || `/${file}`.includes(`/${end}/`);
  return all.some((file) => [name, source, fromHere].some((path) => ends(file, path)));
}

test('sources and documents', () => {
  const missing = files.flatMap((file) =>
    [...prose(file).matchAll(SOURCE)]
      .map(([name]) => name)
      .filter((name) => !exists(name, file) && !OTHERS.includes(name) && !isOfRunTime(name))
      .map((name) => `${file} names ${name}`),
  );
  expect(missing).toEqual([]);
});

test('folders', () => {
  const missing = files.flatMap((file) =>
    [...prose(file).matchAll(FOLDER)]
      .map(([, name]) => name)
      .filter((name) => !/(^|\/)(build|dist|reports)(\/|$)/.test(name) && !exists(name, file))
      .map((name) => `${file} names ${name}`),
  );
  expect(missing).toEqual([]);
});

test('links of documents', () => {
  const missing = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
        .map(([, link]) => normalize(join(dirname(file), link)).replace(/\/$/, ''))
        .filter((path) => !all.some((known) => known === path || known.startsWith(`${path}/`)))
        .map((path) => `${file} links ${path}`),
    );
  expect(missing).toEqual([]);
});

test('scripts of npm', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const missing = files.flatMap((file) =>
    [...prose(file).matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)]
      .map(([, script]) => script.replace(/[:-]$/, ''))
      .filter((script) => !(script in scripts))
      .map((script) => `${file} names npm run ${script}`),
  );
  expect(missing).toEqual([]);
});

test('what a document misnames is found', () => {
  expect(exists('docs/nowhere.md', 'README.md')).toBe(false);
  expect(exists('parity.test.ts', 'README.md')).toBe(true);
  expect(exists('../native/README.md', 'cuda/README.md')).toBe(true);
  expect(exists('packages/kernels', 'README.md')).toBe(true);
  expect([...'see docs/a.md, `../b.cu`'.matchAll(SOURCE)].map(([name]) => name)).toEqual(['docs/a.md', '../b.cu']);
});
