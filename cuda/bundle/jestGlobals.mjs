// What the card's tests use of @jest/globals, on Node's own runner, so that a bundle needs no jest.
import { after, afterEach, before, beforeEach, describe as group, test as single } from 'node:test';

export { expect } from 'expect';
export { afterEach, beforeEach };
export const [afterAll, beforeAll] = [after, before];

/** `%s` takes the next value of a row. */
function filled(name, row) {
  let next = 0;
  return name.replaceAll('%s', () => String(row[next++]));
}

function withEach(run) {
  const each = (rows) => (name, body) => {
    for (const row of rows.map((one) => (Array.isArray(one) ? one : [one]))) run(filled(name, row), () => body(...row));
  };
  return Object.assign((name, body) => run(name, body), { each, skip: run.skip });
}

export const test = withEach(single);
export const describe = withEach(group);
