import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { repositoryFiles, root } from '../support/repository.js';

/** More than these are options by name: who reads a call cannot tell the sixth value from the fifth. */
const MOST = 5;

/** Functions of a source that take more arguments than that, as `path:line name takes n`. */
function longLists(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node.parameters.length > MOST) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const name = node.name?.getText() ?? ts.SyntaxKind[node.kind];
      found.push(`${path}:${line + 1} ${name} takes ${node.parameters.length}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test(`no function takes more than ${MOST} positional arguments`, () => {
  const files = repositoryFiles().filter((file) => /^(packages|benchmarks|test)\/.*\.tsx?$/.test(file));
  expect(files.length).toBeGreaterThan(500);
  expect(files.flatMap((file) => longLists(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test('functions, methods, constructors and types of functions are seen', () => {
  const six = 'a: 1, b: 1, c: 1, d: 1, e: 1, f: 1';
  const text = `function one(${six}) {}\nclass C { constructor(${six}) {} two(${six}) {} }\nconst three = (${six}) => 1;\ntype Four = (${six}) => void;\nfunction five(a, b, c, d, e) {}`;
  expect(longLists('a.ts', text)).toEqual([
    'a.ts:1 one takes 6',
    'a.ts:2 Constructor takes 6',
    'a.ts:2 two takes 6',
    'a.ts:3 ArrowFunction takes 6',
    'a.ts:4 FunctionType takes 6',
  ]);
});
