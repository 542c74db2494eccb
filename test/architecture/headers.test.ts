import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { repositoryFiles, root } from '../support/repository.js';

const LINES = 3;
const sources = repositoryFiles().filter((file) => /\.(m?ts|mjs|cjs|h|cpp|cuh?)$/.test(file));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Lines of prose in the comment that a file begins with; what is set in from it is a command or a formula. */
function openingProse(text: string): number {
  const body = text.replace(/^#(?:!.*|pragma once)\n/, '');
  const block = /^\/\*\*?\n((?: \*.*\n)+?) \*\/\n(?:\n|#include)/.exec(body);
  if (block) return block[1].split('\n').filter((line) => /^ \* ?\S/.test(line)).length;
  const lines = body.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines.slice(0, end).filter((line) => !/^\/\/( {4,}| *$)/.test(line)).length;
}

/** The comment of a model's definition, without its marks; null where the file defines none. */
function modelHeader(text: string): string[] | null {
  const found = text.match(/\/\*\*\n((?: \*.*\n)+?) \*\/\nexport const \w+ = defineModel\(/);
  return found ? found[1].split('\n').map((line) => line.replace(/^ \* ?/, '')) : null;
}

/** Lines of a model's header that are neither equations nor the paragraph of its source, and those of that paragraph. */
function proseOf(header: readonly string[]): { prose: number; source: number } {
  let [prose, source, inSource] = [0, 0, false];
  for (const line of header) {
    if (line.trim() === '') inSource = false;
    else if (line.startsWith('Source:') || inSource) [source, inSource] = [source + 1, true];
    else if (!/[=^|]|^ {2,}|\bsum\b/.test(line)) prose++;
  }
  return { prose, source };
}

test('equations and the source are told from prose', () => {
  const header = modelHeader(
    '/**\n * One: it adds.\n * Two.\n * loss = a + b\n *      + c\n *\n * Source: A and B 2020, eq. 1,\n * with choices.\n */\nexport const x = defineModel({',
  );
  expect(header && proseOf(header)).toEqual({ prose: 2, source: 2 });
  expect(openingProse('#!/usr/bin/env node\n// one\n// two\n//     command\ncode\n// three\n')).toBe(2);
  expect(openingProse('#pragma once\n/**\n * One.\n *\n * Two.\n */\n#include <cmath>\n')).toBe(2);
});

test('a file begins with three lines of prose or fewer: numbers stand in docs/measurements.md, rules in a README', () => {
  expect(sources.filter((file) => openingProse(read(file)) > LINES)).toEqual([]);
});

test('a model is introduced by its equations, its source in three lines, and three lines of prose or fewer', () => {
  const headers = sources.flatMap((file) => {
    const header = modelHeader(read(file));
    return header && file.startsWith('packages/models/src/') ? [{ file, ...proseOf(header) }] : [];
  });
  expect(headers.length).toBeGreaterThan(15);
  expect(headers.filter(({ prose, source }) => prose > LINES || source > LINES)).toEqual([]);
});
