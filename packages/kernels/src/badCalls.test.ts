import { AmrError } from '@agentmmrec/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isCallError, loadAddon } from './native.js';
import { openDevice } from './open.js';
import { type CallOf, type KernelDefinition, type KernelName, specs } from './specs.js';

const cpu = loadAddon().openCpu(undefined, 2);

function copied(value: unknown): unknown {
  if (value instanceof Float32Array || value instanceof Int32Array) return value.slice();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copied(part)]));
}

/** The smallest arguments of a kernel with two elements or more in every input and nothing left out where a case has all. */
function soundArguments(definition: KernelDefinition<KernelName>): () => unknown[] {
  const elements = (positional: unknown[]) =>
    positional.flatMap((value) => (ArrayBuffer.isView(value) ? [value.byteLength / 4] : []));
  let smallest: { call: object; total: number; leftOut: number } | undefined;
  for (const { call } of definition.cases()) {
    const positional = definition.positional(call as CallOf<KernelName>);
    const lengths = elements(positional);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const isNarrow = 'd' in call && call.d === 1;
    const isEmpty = lengths.slice(1).some((length) => length < 2);
    if (isNarrow || isEmpty) continue;
    const leftOut = positional.filter((value) => value === undefined || value === null).length;
    if (!smallest || leftOut < smallest.leftOut || (leftOut === smallest.leftOut && total < smallest.total)) {
      smallest = { call, total, leftOut };
    }
  }
  if (!smallest) throw new Error(`${definition.name} has no case with values in every argument`);
  const { call } = smallest;
  return () => definition.positional(copied(call) as CallOf<KernelName>);
}

function detached(length: number, Type: typeof Float32Array | typeof Int32Array): unknown {
  const array = new Type(length);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

function damagedArray(value: Float32Array | Int32Array): [string, unknown][] {
  const Type = value instanceof Int32Array ? Int32Array : Float32Array;
  const Other = value instanceof Int32Array ? Float32Array : Int32Array;
  const made: [string, unknown][] = [
    ['undefined', undefined],
    ['a number', 3],
    ['a plain array', [...value]],
    ['an ArrayBuffer', value.buffer],
    ['float64', new Float64Array(value.length)],
    ['bytes', new Uint8Array(value.length)],
    ['the other type', new Other(value.length)],
    ['one element less', value.slice(1)],
    ['nothing', new Type(0)],
    ['one element more', Type.of(...value, 0)],
    ['shared memory', Reflect.construct(Type, [new SharedArrayBuffer(value.byteLength)])],
    ['detached memory', detached(value.length, Type)],
  ];
  if (value instanceof Int32Array) {
    made.push(['negative ids', new Int32Array(value.length).fill(-2)]);
    made.push(['huge ids', new Int32Array(value.length).fill(2 ** 31 - 1)]);
    made.push(['one huge id', value.map((id, i) => (i === value.length - 1 ? 2 ** 30 : id))]);
  }
  return made;
}

function damaged(value: unknown): [string, unknown][] {
  if (value instanceof Float32Array || value instanceof Int32Array) return damagedArray(value);
  const others: [string, unknown][] = [
    ['undefined', undefined],
    ['a string', '1'],
    ['an object', {}],
    ['a symbol', Symbol('x')],
  ];
  return value === null || value === undefined ? others.slice(1) : others;
}

/** What the call does: 'accepted', 'refused' as it should, or the unexpected error. */
function outcome(name: KernelName, positional: unknown[]): string {
  try {
    cpu.kernels[name](...positional);
    return 'accepted';
  } catch (error) {
    return isCallError(error) ? 'refused' : `threw ${error}`;
  }
}

/**
 * Damages that leave a sound call, by kernel: lengths nothing else has to agree with, optional arrays, working memory, what
 * ids an output held before.
 * The numbers are places in the positional arguments.
 */
const SOUND: { [N in KernelName]?: string[] } = {
  lightgcnReadout: ['1: one element more', '4: undefined'],
  lightgcnReadoutBfloat: ['1: one element more', '4: undefined'],
  spmm: ['3: undefined'],
  spmmBfloat: ['0: one element more', '0: negative ids', '0: huge ids', '0: one huge id', '4: undefined'],
  spmmRows: ['3: undefined'],
  cosineTopK: ['0: negative ids', '0: huge ids', '0: one huge id'],
  rankTopK: ['0: negative ids', '0: huge ids', '0: one huge id'],
  sampleNegatives: ['0: negative ids', '0: huge ids', '0: one huge id', '4: undefined'],
  addRowSums: ['1: nothing'],
  entryDots: ['3: undefined'],
  infonce: ['4: undefined'],
  infonceBackward: ['4: undefined', '7: undefined'],
  axpby: ['4: undefined'],
  packBfloat: ['0: negative ids', '0: huge ids', '0: one huge id'],
  bfloatGemm: ['1: negative ids', '1: huge ids', '1: one huge id'],
  rankedHits: [
    '0: negative ids',
    '0: huge ids',
    '0: one huge id',
    '1: negative ids',
    '1: huge ids',
    '1: one huge id',
    '3: negative ids',
    '3: huge ids',
    '3: one huge id',
  ],
  randomValues: ['0: one element less', '0: nothing', '0: one element more'],
  sum: ['1: one element less', '1: nothing', '1: one element more'],
  bpr: ['1: undefined', '2: undefined', '3: undefined'],
  adamRows: ['3: undefined', '3: negative ids', '3: huge ids', '3: one huge id', '5: undefined'],
  sortSegments: [0, 1, 2, 3]
    .flatMap((place) => [`${place}: negative ids`, `${place}: huge ids`, `${place}: one huge id`])
    .concat('4: one huge id'),
};

describe.each(specs.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const sound = soundArguments(definition);

  test('accepts a sound call and refuses every damaged one', () => {
    expect(outcome(name, sound())).toBe('accepted');
    const surprises = sound().flatMap((value, i) =>
      damaged(value).flatMap(([damage, replacement]) => {
        const result = outcome(name, sound().with(i, replacement));
        return result === 'refused' ? [] : [`${i}: ${damage}${result === 'accepted' ? '' : ` ${result}`}`];
      }),
    );
    expect(surprises).toEqual(SOUND[name] ?? []);
  });

  test('refuses too few and too many arguments', () => {
    expect(outcome(name, sound().slice(0, -1))).toBe('refused');
    expect(outcome(name, [...sound(), 1])).toBe('refused');
    expect(outcome(name, [])).toBe('refused');
  });

  test('survives any mixture of damages', () => {
    const numbers = [-1, 0, 0.5, 2, 2 ** 31, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY];
    const place = fc.nat({ max: sound().length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat()), { minLength: 1, maxLength: 4 }), (changes) => {
        const positional = sound();
        for (const [i, choice] of changes) {
          const value = sound()[i];
          const choices = typeof value === 'number' ? numbers : damaged(value).map(([, replacement]) => replacement);
          positional[i] = choices[choice % choices.length];
        }
        expect(['accepted', 'refused']).toContain(outcome(name, positional));
      }),
      { numRuns: 60 },
    );
  });
});

test('the sentence says which argument, what was found and what is right, as an internal AmrError', () => {
  const { kernels } = openDevice('cpu');
  const call = { out: new Float32Array(4), x: new Float32Array(3), alpha: 1, beta: 0 };
  expect(() => kernels.axpby(call)).toThrow('axpby, argument x: got 3 elements, expected 4 elements.');
  expect(() => kernels.axpby(call)).toThrow(AmrError);
  expect(() => kernels.axpby(call)).toThrow(expect.objectContaining({ kind: 'internal' }));
});

test('outputs may share memory with inputs only where the contract says', () => {
  const { kernels } = openDevice('cpu');
  const memory = new Float32Array(12);
  const [low, high] = [memory.subarray(0, 8), memory.subarray(1, 9)];
  kernels.axpby({ out: low, x: low, alpha: 1, beta: 1 });
  expect(() => kernels.axpby({ out: low, x: high, alpha: 1, beta: 1 })).toThrow('memory shared with x');
  expect(() => kernels.gatherRows({ out: low, x: low, ids: Int32Array.of(0, 1), d: 4 })).toThrow(
    'memory shared with x',
  );
  const square = { rows: 2, cols: 2, nnz: 0, offsets: new Int32Array(3), indices: new Int32Array(0), values: null };
  expect(() => kernels.spmm({ out: low, a: square, x: low, d: 4 })).toThrow('no element in common');
});

test('offsets of a sparse matrix start at 0, never descend, and end at the number of entries', () => {
  const { kernels } = openDevice('cpu');
  const multiply = (...offsets: number[]) => {
    const a = {
      rows: 3,
      cols: 2,
      nnz: 2,
      offsets: Int32Array.from(offsets),
      indices: Int32Array.of(0, 1),
      values: null,
    };
    kernels.spmm({ out: new Float32Array(6), a, x: new Float32Array(4), d: 2 });
  };
  multiply(0, 1, 1, 2);
  expect(() => multiply(1, 1, 1, 2)).toThrow('got first offset 1, expected 0');
  expect(() => multiply(0, 1, 1, 3)).toThrow('got last offset 3, expected 2');
  expect(() => multiply(0, 2, 1, 2)).toThrow('got a descending offset');
  expect(() => multiply(0, 1, 2)).toThrow('got 3 elements, expected 4 elements');
});
