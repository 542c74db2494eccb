import { Tape } from '@agentmmrec/autograd';
import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { interactions } from '../testing/checkerboard.js';
import { interactionRows } from './interactionRows.js';

const train = interactions(3, 4, [[0, 3], [], [1, 2, 3]]);

test.each(['cpu', 'reference'] as const)(
  'rows of users in their order, empty ones and repeated ones too, on %s',
  (name) => {
    const tape = new Tape(openDevice(name));
    const rows = tape.step(() => Array.from(interactionRows(tape, train, [2, 1, 0, 2]).read()));
    expect(rows).toEqual([0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1]);
    expect(tape.step(() => Array.from(interactionRows(tape, train, [1]).read()))).toEqual([0, 0, 0, 0]);
  },
);
