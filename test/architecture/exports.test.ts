import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { packages, repositoryFiles, root } from '../support/repository.js';

const files = repositoryFiles().filter((file) => /\.(md|m?[jt]s|tsx|cjs)$/.test(file) && !file.includes('/reports/'));
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
// The command's own front door hands the packages on as they are.
const doors = packages().filter(({ folder }) => folder.startsWith('packages/') && folder !== 'packages/cli');

/** Values that a front door hands on or defines; types go where the signatures of values need them. */
function valuesOf(index: string): string[] {
  const lists = [...index.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list.split(','));
  const named = lists.map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('type '));
  const own = [...index.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  const namespaces = [...index.matchAll(/^export \* as (\w+)/gm)].map(([, name]) => name);
  return [...named.map((one) => one.split(' as ').at(-1) ?? one), ...own, ...namespaces];
}

test('what a list of exports holds is read', () => {
  const index = "export { a, type B, c as d } from './x.js';\nexport type { E } from './e.js';\nexport const f = 1;\n";
  expect(valuesOf(index)).toEqual(['a', 'd', 'f']);
});

// Public is what another package, a test, a benchmark or an example takes through the front door, or what a document offers.
test.each(doors.map(({ name, folder }) => [name, folder] as const))(
  '%s exports no value that nothing outside it uses or names',
  (name, folder) => {
    const takes = (text: string) => text.includes(`'${name}'`) || /from 'agentmmrec'/.test(text);
    const outside = [...texts].filter(
      ([file, text]) => !file.startsWith(`${folder}/src/`) && (file.endsWith('.md') || takes(text)),
    );
    const words = new Set(outside.flatMap(([, text]) => text.match(/\w+/g) ?? []));
    const unused = valuesOf(texts.get(`${folder}/src/index.ts`) ?? '').filter((value) => !words.has(value));
    expect(unused).toEqual([]);
  },
);

// An export says that somebody else needs it; types go where the signatures of values need them.
test('a file exports no value that no other file names', () => {
  const wordsOf = new Map([...texts].map(([file, text]) => [file, new Set(text.match(/[\w$]+/g))]));
  const product = [...texts].filter(
    ([file]) => /^(packages\/\w+|benchmarks)\/(web\/)?src\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'),
  );
  const exported = product.flatMap(([file, text]) =>
    [...text.matchAll(/^export (?:async )?(?:function\*?|const|let|(?:abstract )?class) ([\w$]+)/gm)].map(
      ([, name]) => ({ file, name }),
    ),
  );
  expect(exported.length).toBeGreaterThan(1000);
  const unused = exported.filter(
    ({ file, name }) => ![...wordsOf].some(([other, words]) => other !== file && words.has(name)),
  );
  expect(unused.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
});
