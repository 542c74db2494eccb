import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeFolders } from './folders.js';

const root = mkdtempSync(join(tmpdir(), 'amr-folders-'));
afterAll(() => rmSync(root, { recursive: true }));

test('makes what is missing, and leaves what is there', () => {
  const deep = join(root, 'a/b/c');
  makeFolders(deep);
  writeFileSync(join(deep, 'kept'), '');
  makeFolders(deep);
  makeFolders(join(root, 'a'));
  makeFolders('/');
  expect(existsSync(join(deep, 'kept'))).toBe(true);
});

test('a file in its place or above it, a link into nothing, and a place without folders are the system’s errors', () => {
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'nowhere/else'), join(root, 'link'));
  expect(() => makeFolders(join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolders(join(root, 'file/below'))).toThrow('ENOTDIR');
  expect(() => makeFolders(join(root, 'link'))).toThrow('EEXIST');
});

(process.platform === 'linux' ? test : test.skip)('where there can be no folder it says so and ends', () => {
  expect(() => makeFolders('/proc/no-such-place/below')).toThrow('ENOENT');
});
