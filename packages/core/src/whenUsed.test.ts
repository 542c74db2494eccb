import { expect, test } from '@jest/globals';
import { libraryWhenUsed, whenUsed } from './whenUsed.js';

test('what is made when it is used is made once, also where it is nothing', () => {
  let made = 0;
  const nothing = whenUsed(() => {
    made++;
    return undefined;
  });
  expect(made).toBe(0);
  expect([nothing(), nothing()]).toEqual([undefined, undefined]);
  expect(made).toBe(1);
});

test('what failed to be made is tried again', () => {
  let tries = 0;
  const second = whenUsed(() => {
    tries++;
    if (tries === 1) throw new Error('not yet');
    return 'here';
  });
  expect(second).toThrow('not yet');
  expect(second()).toBe('here');
});

test('a library is looked for where its user stands, and only when it is used', () => {
  const path = libraryWhenUsed<{ sep: string }>('node:path', import.meta.url);
  expect(path().sep).toMatch(/^[/\\]$/);
  const absent = libraryWhenUsed('no-such-library', import.meta.url);
  expect(absent).toThrow('no-such-library');
});
