import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { root } from './repository.js';

/**
 * The sources as JavaScript that a child process can import, so that tests which kill a process need no build: returns a folder
 * in which `import ... from '@agentmmrec/<package>'` works, and `from 'agentmmrec'` with `cli`. Remove it with `remove`.
 * @param tree where the packages stand: the repository, or a copy of it
 */
export function childSources(packages: readonly string[], tree = root): { readonly folder: string; remove(): void } {
  // Under the workspace's node_modules, so that third-party imports resolve by climbing.
  const folder = join(root, 'node_modules', '.cache', 'agentmmrec-tests', `${process.pid}-${Date.now()}`);
  for (const name of packages) {
    const target = join(folder, 'node_modules', name === 'cli' ? 'agentmmrec' : `@agentmmrec/${name}`);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module', exports: './index.js' }));
    const source = join(tree, 'packages', name, 'src');
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const { code } = transformSync(readFileSync(join(source, file), 'utf8'), {
        filename: file,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
      });
      const out = join(target, file.replace(/\.ts$/, '.js'));
      mkdirSync(join(out, '..'), { recursive: true });
      writeFileSync(out, code);
    }
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
