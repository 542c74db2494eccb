import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeOf, importsOf, packageOf, packages, repositoryFiles, root } from '../support/repository.js';

const builtins = new Set(builtinModules);
const all = packages();
const testTools = ['@agentmmrec/fakellm', '@jest/globals', 'fast-check'];

/** Packages of the registry or the workspace that files import. */
function importedPackages(files: readonly string[]): string[] {
  const specifiers = files.flatMap(importsOf).filter((specifier) => !specifier.startsWith('.'));
  const names = specifiers.filter((specifier) => !specifier.startsWith('node:')).map(packageOf);
  return [...new Set(names)].filter((name) => !builtins.has(name)).sort();
}

describe.each(all.map((one) => [one.name, one] as const))('%s', (name, one) => {
  test('package.json names exactly what the sources import, in exact versions', () => {
    expect(Object.keys(one.dependencies).sort()).toEqual(importedPackages(one.sources));
    for (const version of Object.values(one.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  test('tests import nothing that no package of the workspace has', () => {
    const allowed = new Set([...all.flatMap((other) => Object.keys(other.dependencies)), name, ...testTools]);
    expect(importedPackages(one.tests).filter((imported) => !allowed.has(imported))).toEqual([]);
  });

  test('imports other packages by their name and Node by node:', () => {
    const specifiers = [...one.sources, ...one.tests].flatMap(importsOf);
    expect(specifiers.filter((s) => s.startsWith('@agentmmrec/') && s !== packageOf(s))).toEqual([]);
    expect(specifiers.filter((s) => builtins.has(s))).toEqual([]);
    expect(specifiers.filter((s) => s.startsWith('.') && !s.endsWith('.js'))).toEqual([]);
  });
});

test('the environment is read by the command line and the native loader only', () => {
  const readers = all
    .flatMap((one) => one.sources)
    .filter((file) => /process \. env|process \[/.test(codeOf(file)) || importsOf(file).includes('node:process'));
  expect(
    readers.filter((file) => !file.startsWith('packages/cli/') && file !== 'packages/kernels/src/native.ts'),
  ).toEqual([]);
});

test('the addon is loaded by the kernels package only', () => {
  const loaders = all
    .flatMap((one) => one.sources)
    .filter(
      (file) =>
        /createRequire|process \. dlopen/.test(codeOf(file)) || importsOf(file).some((s) => s.endsWith('native')),
    );
  // Libraries that are loaded when they are used: nothing of ours.
  const others = loaders.filter((file) => file !== 'packages/core/src/whenUsed.ts');
  expect(
    others.filter((file) => !file.startsWith('packages/kernels/') && !importsOf(file).includes('./native.js')),
  ).toEqual([]);
});

test('what takes long to load is loaded when it is used: a wrong flag is refused without it', () => {
  const slow = ['@huggingface/tokenizers', 'bullmq', 'ioredis', 'jsonrepair', 'libsql', 'ollama', 'yaml', 'zod'];
  const eager = new RegExp(`^(import|export) (?!type )[^;]*from '(${slow.join('|')})(/\\w+)?'`, 'm');
  const loaders = all
    .flatMap((one) => one.sources)
    .filter((file) => eager.test(readFileSync(join(root, file), 'utf8')))
    // Loaded by itself with the first --config.
    .filter((file) => file !== 'packages/cli/src/arguments/configurationFile.ts');
  expect(loaders).toEqual([]);
});

test('no type is escaped', () => {
  const escaping = all.flatMap((one) => one.sources).filter((file) => /(\bas|[:<|,&]) any\b/.test(codeOf(file)));
  expect(escaping).toEqual([]);
});

test('file names are camelCase and say what is inside', () => {
  const files = all.flatMap((one) => [...one.sources, ...one.tests]);
  const names = files.map((file) => file.split('/').at(-1) ?? '');
  expect(names.filter((name) => !/^[a-z][a-zA-Z0-9]*(\.test)?\.ts$/.test(name))).toEqual([]);
  expect(names.filter((name) => /^(utils?|helpers?|misc|common)\./.test(name))).toEqual([]);
});

test('the top level is what the architecture fixes', () => {
  const top = new Set(repositoryFiles().map((file) => file.split('/')[0]));
  const folders = ['.ci', 'benchmarks', 'cuda', 'docs', 'examples', 'native', 'packages', 'prompts', 'test'];
  const files = [
    ...['.gitignore', '.npmrc', 'CHANGELOG.md', 'CITATION.cff', 'CONTRIBUTING.md', 'LICENSE', 'README.md'],
    ...['biome.json', 'jest.config.cjs', 'nx.json', 'package-lock.json', 'package.json'],
    ...['tsconfig.base.json', 'tsconfig.json', 'tsconfig.tests.json'],
  ];
  expect([...top].sort()).toEqual([...folders, ...files].sort());
});

test('no path of one machine is committed', () => {
  const suspicious = all
    .flatMap((one) => [...one.sources, ...one.tests])
    .filter((file) => /['"`](\/work\/|\/root\/|\/home\/)/.test(codeOf(file)));
  expect(suspicious).toEqual([]);
});
