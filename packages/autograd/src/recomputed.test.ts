import { openDevice } from '@agentmmrec/kernels';
import { expect, test } from '@jest/globals';
import { checkGradients } from './checkGradients.js';
import { Tape } from './tape.js';
import { parameter, type Tensor } from './tensor.js';

const device = openDevice('cpu', { threads: 1 });

function trainable(rows: number, cols: number, name: string): Tensor {
  const values = Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(3 * i + name.length));
  const memory = device.floats(rows * cols);
  device.write(memory, values);
  return parameter(device, [rows, cols], memory, name);
}

const parameters = { x: trainable(6, 4, 'x'), weight: trainable(4, 300, 'weight') };

/** A loss of rows [at, at + 2) with wide results and draws. */
function lossOfRows(tape: Tape, at: number): Tensor {
  const wide = tape.gemm(tape.rows(parameters.x, at, 2), parameters.weight);
  const dropped = tape.dropout(tape.unary(wide, 'tanh'), 0.4, tape.stream(`rows ${at}`));
  return tape.sum(tape.unary(tape.add(dropped, tape.noise('normal', dropped.shape, tape.stream(`${at}`))), 'square'));
}

const parts = [0, 2, 4];
const plain = (tape: Tape) => {
  const [first, ...others] = parts.map((at) => tape.scale(lossOfRows(tape, at), at + 1));
  return tape.total([first, ...others]);
};
const inParts = (tape: Tape) => {
  const [first, ...others] = parts.map((at) =>
    tape.scale(
      tape.recomputed((own) => lossOfRows(own, at)),
      at + 1,
    ),
  );
  return tape.total([first, ...others]);
};

function gradientsOf(loss: (tape: Tape) => Tensor) {
  const tape = new Tape(device);
  const value = tape.step(() => {
    const made = loss(tape);
    tape.backward(made);
    return made.read()[0];
  });
  const gradients = Object.values(parameters).map((tensor) => Array.from(tensor.readGradient()));
  for (const tensor of Object.values(parameters)) tensor.dropGradient();
  return { value, gradients };
}

test('value and gradients are those of the parts on one tape, draws included', () => {
  const [expected, made] = [gradientsOf(plain), gradientsOf(inParts)];
  expect(made.value).toBeCloseTo(expected.value, 2);
  made.gradients.forEach((gradient, p) => {
    gradient.forEach((value, i) => {
      expect(Math.abs(value - expected.gradients[p][i])).toBeLessThan(1e-4 * (1 + Math.abs(value)));
    });
  });
});

test('gradients are slopes', () => {
  const mean = (tape: Tape) => tape.scale(inParts(tape), 1e-3);
  expect(checkGradients(device, { x: parameters.x }, mean)).toEqual([]);
});

test('the parts need the memory of one, and all of it goes back', () => {
  const growthOf = (loss: (tape: Tape) => Tensor) => {
    const tape = new Tape(device);
    return tape.step(() => {
      const before = device.memory().usedBytes;
      loss(tape);
      return device.memory().usedBytes - before;
    });
  };
  expect(growthOf(inParts)).toBeLessThan(growthOf(plain) / 20);
  gradientsOf(inParts); // drops what other tests left
  const before = device.memory().usedBytes;
  gradientsOf(inParts);
  expect(device.memory().usedBytes).toBe(before);
});

test('a result that needs a gradient must be detached', () => {
  const tape = new Tape(device);
  const use = (detached: boolean, look: (own: Tape, x: Tensor) => Tensor) =>
    tape.step(() => {
      const outside = tape.scale(parameters.x, 2);
      return tape.recomputed((own) => own.sum(look(own, detached ? tape.detach(outside) : outside))).read()[0];
    });
  expect(() => use(false, (own, x) => own.unary(x, 'square'))).toThrow(/unary of .* inside recomputed.*detach it/s);
  expect(() => use(false, (own, x) => own.rows(x, 0, 1))).toThrow(/rows of/);
  expect(use(true, (own, x) => own.unary(x, 'square'))).toBeGreaterThan(0);
  const ranking = new Tape(device, { recording: false });
  expect(ranking.step(() => ranking.recomputed((own) => own.sum(parameters.x)).requiresGradient)).toBe(false);
});

test('what is made aside is a constant, and only it is kept', () => {
  const tape = new Tape(device);
  tape.step(() => {
    const before = device.memory().usedBytes;
    const made = tape.aside((own) => {
      const wide = own.gemm(parameters.x, parameters.weight);
      return own.rows(own.transpose(wide), 2, 1); // [1, 6] of [300, 6]
    });
    expect(device.memory().usedBytes - before).toBeLessThan(300);
    expect([made.shape, made.requiresGradient]).toEqual([[1, 6], false]);
    const whole = tape.aside((own) => own.gemm(parameters.x, parameters.weight)); // its memory is handed on, not copied
    expect(device.memory().usedBytes - before).toBeLessThan(300 + 1.2 * 4 * 6 * 300);
    const expected = tape.columns(tape.gemm(parameters.x, parameters.weight), 2, 1);
    expect(tape.asides((own) => [own.columns(whole, 2, 1), own.detach(parameters.x)]).map((of) => of.shape)).toEqual([
      [6, 1],
      [6, 4],
    ]);
    expect(Array.from(made.read())).toEqual(Array.from(expected.read()));
  });
});
