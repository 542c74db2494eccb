import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFiles, root } from '../support/repository.js';
import layers from './layers.cjs';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Violations of the rules under these places of `folder`, as `rule: from -> to`. */
function violations(folder: string, places: readonly string[]): string[] {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const words = [
    bin,
    '--config',
    join(root, 'test/architecture/dependencyRules.cjs'),
    '--output-type',
    'json',
    ...places,
  ];
  const output = execFileSync(process.execPath, words, { cwd: folder, maxBuffer: 2 ** 28, encoding: 'utf8' });
  const { summary } = JSON.parse(output) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`);
}

test('every package is in a layer', () => {
  expect(layers.flat().sort()).toEqual([...readdirSync(join(root, 'packages')), 'benchmarks'].sort());
});

/** Where TypeScript may stand. */
const places = [
  /^packages\/[a-z]+\/src\/.+\.ts$/,
  /^packages\/explorer\/web\/src\/.+\.tsx?$/,
  /^benchmarks\/src\/.+\.ts$/,
  /^test\/[a-zA-Z0-9]+\/.+\.(ts|d\.cts)$/,
  /^cuda\/\w+\.d\.mts$/,
];

test('every TypeScript file stands in a known place, where the rules see it', () => {
  const files = repositoryFiles().filter((file) => /\.[cm]?tsx?$/.test(file));
  expect(files.filter((file) => !places.some((place) => place.test(file)))).toEqual([]);
});

test('packages import lower layers only, through their index, without cycles; tests are needed by tests only', () => {
  expect(violations(root, ['packages', 'benchmarks', 'test'])).toEqual([]);
});

test('the rules catch what they are for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-layers-'));
  const files = {
    'packages/core/src/index.ts': `export { trainer } from '../../training/src/index.js';`,
    'packages/training/src/index.ts': `export { trainer } from './trainer.js';`,
    'packages/training/src/trainer.ts': `export const trainer = 1;`,
    'packages/models/src/index.ts': `export * from '../../agents/src/index.js';\nexport * from './a.js';`,
    'packages/models/src/a.ts': `import { b } from './b.js';\nexport const a = () => b;`,
    'packages/models/src/b.ts': `import { a } from './a.js';\nimport '../../core/src/deep.js';\nimport 'nowhere';\nexport const b = () => a;`,
    'packages/core/src/deep.ts': `export const deep = 1;`,
    'packages/agents/src/index.ts': `export const agents = 1;\nimport '../../../benchmarks/src/index.js';`,
    'benchmarks/src/index.ts': `import './testing/rates.js';`,
    'benchmarks/src/testing/rates.ts': `export const rates = 1;`,
    'package.json': '{"type":"module"}',
  };
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const caught = new Set(violations(folder, ['packages', 'benchmarks']).map((line) => line.split(':')[0]));
    expect([...caught].sort()).toEqual([
      'index-is-the-only-door',
      'layer-0-core',
      'layer-3-agents',
      'layer-3-models',
      'no-cycles',
      'product-code-needs-no-tests',
      'resolvable',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
