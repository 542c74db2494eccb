// The addon called directly and through the typed calls, with arguments of every wrong kind. Whatever it is given it answers or throws: it
// reads and writes nothing outside the arrays, and does not end the process.
import { createRequire } from 'node:module';
import { AmrError } from '@agentmmrec/core';
import { openDevice, specs } from '@agentmmrec/kernels';

const native = createRequire(import.meta.resolve('@agentmmrec/kernels'))('@agentmmrec/native').loadAddon();
const calls = 200;
/** Of each kernel the smallest cases: more elements would make a case long without telling more. */
const shapes = 8;

/** What is counted, how many a case has, and how many the bar asks for. */
export const counted = { of: 'calls', each: calls, least: 100_000 };

/** @returns makes a few hundred calls; one that throws an error is a refusal like any other */
export async function prepare() {
  const cpu = native.openCpu({ threads: 1 });
  const device = openDevice('cpu', { threads: 1 });
  const kernels = specs.map((definition) => ({
    direct: cpu.kernels[definition.name],
    typed: device.kernels[definition.name],
    definition,
    sound: definition
      .cases()
      .toSorted((a, b) => elementsOf(a.call) - elementsOf(b.call))
      .slice(0, shapes),
  }));
  if (kernels.length === 0 || kernels.some(({ direct, typed, sound }) => !direct || !typed || sound.length === 0))
    throw new Error('no kernels to call');
  return (random) => {
    for (let n = 0; n < calls; n++) {
      const { direct, typed, definition, sound } = kernels[random.integer(kernels.length)];
      const { call } = sound[random.integer(sound.length)];
      try {
        // In turn: nonsense, and sound arguments of the right shapes of which a few are not.
        if (n % 4 === 0) direct(...Array.from({ length: random.integer(14) }, () => hostile(random, 2)));
        else if (n % 4 === 1) typed(changed(call, random));
        else if (n % 4 === 2) direct(...definition.positional(changed(call, random)));
        else {
          const words = definition.positional(copied(call));
          words[random.integer(words.length)] = hostile(random, 2);
          direct(...words);
        }
      } catch (error) {
        if (typeof error?.message !== 'string')
          throw new AmrError({ what: 'addon', got: 'no error', expected: 'one', hint: '', kind: 'internal' });
      }
    }
  };
}

function elementsOf(value) {
  if (ArrayBuffer.isView(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum, part) => sum + elementsOf(part), 0);
}

function copied(value) {
  if (ArrayBuffer.isView(value)) return value.slice();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copied(part)]));
}

/** A copy of sound arguments of which one to three are wrong: another length, other ids, another type, nothing. */
function changed(call, random) {
  const copy = copied(call);
  for (let n = 1 + random.integer(3); n > 0; n--) {
    let holder = copy;
    let names = Object.keys(holder);
    let name = names[random.integer(names.length)];
    // The parts of a sparse matrix too.
    if (typeof holder[name] === 'object' && holder[name] !== null && !ArrayBuffer.isView(holder[name])) {
      holder = holder[name];
      names = Object.keys(holder);
      name = names[random.integer(names.length)];
    }
    holder[name] = wrong(holder[name], random);
  }
  return copy;
}

function wrong(value, random) {
  if (value instanceof Float32Array || value instanceof Int32Array) {
    const Type = value.constructor;
    switch (random.integer(6)) {
      case 0:
        return value.slice(random.integer(2 + value.length));
      case 1:
        return Type.of(...value.subarray(0, 1000), 0);
      case 2:
        return new (Type === Int32Array ? Float32Array : Int32Array)(value.length);
      case 3:
        return detached(value.length);
      default:
        for (let n = 1 + random.integer(3); n > 0 && value.length > 0; n--)
          value[random.integer(value.length)] = numbers[random.integer(numbers.length)];
        return value;
    }
  }
  if (typeof value === 'number' && random.integer(4) > 0)
    return random.integer(2) === 0 ? value + random.integer(5) - 2 : numbers[random.integer(numbers.length)];
  return hostile(random, 1);
}

const numbers = [0, -0, 1, -1, 0.5, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 1e308, Number.NaN, Number.POSITIVE_INFINITY];

function hostile(random, depth) {
  const length = random.integer(9);
  switch (random.integer(depth > 0 ? 14 : 12)) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
      return numbers[random.integer(numbers.length)];
    case 3:
      return random.integer(5);
    case 4:
      return 'text';
    case 5:
      return Float32Array.from({ length }, () => numbers[random.integer(numbers.length)]);
    case 6:
      return Int32Array.from({ length }, () => numbers[random.integer(numbers.length)]);
    case 7:
      return new Float32Array(new ArrayBuffer(64), 4 * random.integer(4), length);
    case 8:
      return new BigInt64Array(length);
    case 9:
      return new Uint8Array(length);
    case 10:
      return detached(length);
    case 11:
      return true;
    case 12:
      return Array.from({ length }, () => hostile(random, depth - 1));
    default:
      return { data: hostile(random, depth - 1), rows: hostile(random, depth - 1), cols: hostile(random, depth - 1) };
  }
}

/** An array whose memory was given away. */
function detached(length) {
  const values = new Float32Array(length);
  structuredClone(values, { transfer: [values.buffer] });
  return values;
}
