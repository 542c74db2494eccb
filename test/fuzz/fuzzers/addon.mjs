// The addon called directly and through the typed calls, with arguments of every wrong kind. Whatever it is given it answers or throws: it
// reads and writes nothing outside the arrays, and does not end the process.
import { createRequire } from 'node:module';
import { AmrError } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';

const native = createRequire(import.meta.resolve('@agentmmrec/kernels'))('@agentmmrec/native');
const calls = 200;

/** @returns makes a few hundred calls; one that throws an error is a refusal like any other */
export async function prepare() {
  const cpu = native.openCpu({ threads: 1 });
  const device = openDevice('cpu', { threads: 1 });
  const direct = Object.values(cpu.kernels);
  const typed = Object.values(device.kernels);
  if (direct.length === 0 || typed.length === 0) throw new Error('no kernels to call');
  return (random) => {
    for (let n = 0; n < calls; n++) {
      const functions = n % 2 === 0 ? direct : typed;
      const call = functions[random.integer(functions.length)];
      const words = Array.from({ length: random.integer(14) }, () => hostile(random, 2));
      try {
        if (n % 2 === 0) call(...words);
        else call(named(call, random));
      } catch (error) {
        if (typeof error?.message !== 'string')
          throw new AmrError({ what: 'addon', got: 'no error', expected: 'one', hint: '', kind: 'internal' });
      }
    }
  };
}

/** Arguments under the names that kernels use. */
function named(_call, random) {
  const names = [
    'rows',
    'cols',
    'k',
    'out',
    'x',
    'y',
    'a',
    'b',
    'offsets',
    'columns',
    'values',
    'users',
    'items',
    'scale',
    'seed',
  ];
  return Object.fromEntries(names.map((name) => [name, hostile(random, 2)]));
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
