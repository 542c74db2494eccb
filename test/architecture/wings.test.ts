import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryFiles, root } from '../support/repository.js';

/** A wing of a package: a folder of its sources, or a file beside them. */
type Wings = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** From each wing to those it imports, with one import as the example. */
function wingsOf(sources: string, files: ReadonlyMap<string, string>): Wings {
  const wings = new Map<string, Map<string, string>>();
  const wingOf = (file: string) => relative(sources, file).split('/')[0];
  for (const [file, text] of files) {
    for (const [, from, loaded] of text.matchAll(/\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g)) {
      const to = join(dirname(file), (from ?? loaded).replace(/\.js$/, '.ts'));
      const [own, other] = [wingOf(file), wingOf(to)];
      if (own === other) continue;
      const arrows = wings.get(own) ?? new Map<string, string>();
      wings.set(own, arrows.set(other, `${file} -> ${to}`));
    }
  }
  return wings;
}

/** The arrows that lie on a way from a wing back to itself. */
function upwardArrows(wings: Wings): string[] {
  const reach = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of wings.get(from)?.keys() ?? []) if (!seen.has(next)) reach(next, seen.add(next));
    return seen;
  };
  return [...wings].flatMap(([from, arrows]) =>
    [...arrows].filter(([to]) => reach(to).has(from)).map(([, example]) => example),
  );
}

/** The product's files of a package: tests may look anywhere. */
const productFiles = (sources: string) =>
  new Map(
    repositoryFiles()
      .filter((file) => file.startsWith(`${sources}/`) && /\.tsx?$/.test(file))
      .filter((file) => !/\.test\.ts$|\/testing\//.test(file))
      .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
  );

const packages = [...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`), 'benchmarks/src'];

describe('wings of a package import each other in one direction', () => {
  test.each(packages)('%s', (sources) => {
    const files = productFiles(sources);
    expect(files.size).toBeGreaterThan(0);
    expect(upwardArrows(wingsOf(sources, files))).toEqual([]);
  });

  test('a way around is found, through a file beside the wings too', () => {
    const files = new Map([
      ['p/src/low/a.ts', "import type { C } from '../c.js';"],
      ['p/src/c.ts', "export * from './high/b.js';"],
      ['p/src/high/b.ts', "await import('../low/a.js');\nimport './d.js';"],
      ['p/src/top/e.ts', "import { b } from '../high/b.js';"],
    ]);
    expect(upwardArrows(wingsOf('p/src', files)).sort()).toEqual([
      'p/src/c.ts -> p/src/high/b.ts',
      'p/src/high/b.ts -> p/src/low/a.ts',
      'p/src/low/a.ts -> p/src/c.ts',
    ]);
  });
});
