import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Matrix, matrix } from '@agentmmrec/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keptIn } from './keptMatrices.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const from = { stage: 'directions', stageVersion: 1, inputs: { features: 'abc', rank: 2 } };
const made = matrix(2, 2, Float32Array.of(1, 2, 3, 4));

/** Asks for the matrix; `count` says how often it was made. */
function asking(keep: ReturnType<typeof keptIn>, result: Matrix | null = made) {
  let count = 0;
  const ask = (of = from) =>
    keep(of, () => {
      count++;
      return result;
    });
  return { ask, count: () => count };
}

test('a matrix is made once for equal inputs, and one that is not there is remembered too', () => {
  for (const result of [made, null]) {
    const inputs = { ...from.inputs, result: result === null };
    const { ask, count } = asking(keptIn(folder, 'write'), result);
    expect(ask({ ...from, inputs })).toEqual(result);
    expect(ask({ ...from, inputs })).toEqual(result);
    expect(count()).toBe(1);
    const { ask: again, count: anew } = asking(keptIn(folder, 'read'), result);
    expect(again({ ...from, inputs })).toEqual(result);
    expect(anew()).toBe(0);
  }
});

test('a damaged one is made again', () => {
  const { ask, count } = asking(keptIn(folder, 'write'));
  ask();
  const stage = join(folder, 'artifacts', 'directions');
  writeFileSync(join(stage, readdirSync(stage)[0], 'matrix.arrow'), 'damage');
  expect(ask()).toEqual(made);
  expect(ask()).toEqual(made);
  expect(count()).toBe(2);
});

test('who only reads where nothing can be written makes it for this time', () => {
  writeFileSync(join(folder, 'artifacts'), 'a file in the place of the folder');
  const { ask } = asking(keptIn(folder, 'read'));
  expect(ask()).toEqual(made);
  expect(() => asking(keptIn(folder, 'write')).ask()).toThrow();
});
