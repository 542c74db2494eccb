import { expect, test } from '@jest/globals';
import { shapes } from './shapes.js';

const { text, count, number, scalar, oneOf, orNull, orAbsent, list, values, record } = shapes;
const shape = record({
  name: text,
  seed: orNull(count),
  note: orAbsent(text),
  stage: oneOf('steps', 'validation'),
  history: list(record({ loss: number })),
  options: values(scalar),
});
const right = { name: 'a', seed: null, stage: 'steps', history: [{ loss: 1 }], options: { k: 1, on: true } };

test('what is of a form has no fault, and other names are left alone', () => {
  expect(shape(right, '')).toBeNull();
  expect(shape({ ...right, seed: 3, note: 'x', more: {} }, '')).toBeNull();
});

test.each([
  [null, 'the whole'],
  [[], 'the whole'],
  [{ ...right, name: undefined }, 'name'],
  [{ ...right, seed: -1 }, 'seed'],
  [{ ...right, seed: 2 ** 53 }, 'seed'],
  [{ ...right, note: null }, 'note'],
  [{ ...right, stage: 'toString' }, 'stage'],
  [{ ...right, history: {} }, 'history'],
  [{ ...right, history: [{ loss: 1 }, { loss: Number.NaN }] }, 'history[1].loss'],
  [{ ...right, options: { k: {} } }, 'options.k'],
  [Object.create(right), 'name'],
])('a fault is named by its place: %j', (value, place) => {
  expect(shape(value, '')).toBe(place);
});
