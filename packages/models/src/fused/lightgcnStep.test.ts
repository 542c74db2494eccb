import { Tape } from '@agentmmrec/autograd';
import { RandomStreams } from '@agentmmrec/core';
import { openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, models } from '../index.js';
import { checkerboard, checkerboardData, epochBatch } from '../testing/checkerboard.js';

const train = checkerboard(20, 2);

describe.each(['cpu', 'reference'] as const)('on %s', (name) => {
  const device = openDevice(name);
  const data = checkerboardData(device, train, { modalities: [], knowledge: false });
  const batch = epochBatch(device, train, new RandomStreams(5).stream('batch'));

  test.each([
    { layers: 1 },
    { layers: 2 },
    { layers: 3 },
    { layers: 4, norm: 'mean' },
    { layers: 2, dimensions: 37 },
    { layers: 2, l2: 0 },
  ])('loss and gradient of the hand-written step equal the tape: %j', (given) => {
    const model = buildModel(
      models.lightgcn,
      { data, device, random: new RandomStreams(1) },
      { dimensions: 8, l2: 0.5, ...given },
    );
    const { embedding } = model.parameters;
    const tape = new Tape(device);
    const loss = tape.step(() => {
      const loss = model.loss(tape, batch);
      tape.backward(loss);
      return loss.read()[0];
    });
    const expected = Float32Array.from(device.read(embedding.gradientBuffer()));
    // a second step without an optimizer step between adds to the gradient, as the tape does
    expect(model.fusedStep?.(batch)).toBeCloseTo(loss, 5);
    const scale = Math.max(...expected.map(Math.abs));
    device.read(embedding.gradientBuffer()).forEach((value, i) => {
      expect(Math.abs(value - 2 * expected[i])).toBeLessThan(1e-5 * scale);
    });
    embedding.dropGradient();
    model.fusedStep?.(batch);
    device.read(embedding.gradientBuffer()).forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * scale);
    });
  });

  test('memory of the step goes back to the pool', () => {
    const model = buildModel(models.lightgcn, { data, device, random: new RandomStreams(1) }, { layers: 3 });
    const before = device.memory().usedBytes;
    model.fusedStep?.(batch);
    model.parameters.embedding.dropGradient();
    expect(device.memory().usedBytes).toBe(before);
  });
});
