import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

export const root = resolve(import.meta.dirname, '../..');

export interface Package {
  /** its folder from the root: packages/core, benchmarks */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  /** paths from the root */
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

/** Every package of TypeScript: those under packages/, and benchmarks. */
export function packages(): Package[] {
  const folders = [...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`), 'benchmarks'];
  return folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      dependencies?: Record<string, string>;
      optionalDependencies?: Record<string, string>;
    };
    const files = readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => [folder, 'src', file.split(sep).join('/')].join('/'));
    return {
      folder,
      name: manifest.name,
      dependencies: { ...manifest.dependencies, ...manifest.optionalDependencies },
      sources: files.filter((file) => !file.endsWith('.test.ts')),
      tests: files.filter((file) => file.endsWith('.test.ts')),
    };
  });
}

/** Files git knows or would add, as paths from the root. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  return listed.toString().split('\0').filter(Boolean);
}

/** Module specifiers a file imports: statically, by `import()`, or by a `require` made on the spot. */
export function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const imported = ts.preProcessFile(text, true, true).importedFiles.map((found) => found.fileName);
  // preProcessFile overlooks `export * as name from '...'`.
  const namespaces = [...text.matchAll(/^export \* as \w+ from '([^']+)'/gm)].map((match) => match[1]);
  const required = [...text.matchAll(/createRequire\([^)]*\)\('([^']+)'\)/g)].map((match) => match[1]);
  return [...imported, ...namespaces, ...required];
}

/** `@scope/name/deep/path` -> `@scope/name`; `name/deep` -> `name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** A file's source with comments and strings blanked, so that a search finds code only. */
export function codeOf(file: string): string {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  let code = '';
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    if (node.getChildCount(source) === 0) code += ts.isStringLiteralLike(node) ? "'' " : `${node.getText(source)} `;
    else for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return code;
}

export function fromRoot(path: string): string {
  return relative(root, path).split(sep).join('/');
}
