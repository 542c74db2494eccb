import { setImmediate } from 'node:timers/promises';
import { type Adam, Tape } from '@agentmmrec/autograd';
import type { Device } from '@agentmmrec/kernels';
import type { Batch, BuiltModel } from '@agentmmrec/models';

/**
 * One optimiser step, by the model's fused path where it has one. Returns the loss of the batch before the step. A step that
 * fails leaves no memory behind and no part of a gradient, to which the next one would add.
 */
export function trainStep(device: Device, model: BuiltModel, adam: Adam, batch: Batch): number {
  return device.reclaimOnFailure(() => {
    try {
      const loss = model.fusedStep ? model.fusedStep(batch) : tapeStep(device, model, batch);
      adam.step();
      return loss;
    } catch (error) {
      for (const parameter of Object.values(model.parameters)) parameter.dropGradient();
      throw error;
    }
  });
}

function tapeStep(device: Device, model: BuiltModel, batch: Batch): number {
  const tape = new Tape(device);
  return tape.step(() => {
    const loss = model.loss(tape, batch);
    tape.backward(loss);
    return loss.read()[0];
  });
}

/** Lets timers and signals in: Ctrl-C reaches a process only while its event loop turns. */
export class Breather {
  private last = performance.now();

  /** Returns at once when the loop turned less than 20 ms ago: a turn costs more than a small step. */
  async breathe(): Promise<void> {
    if (performance.now() - this.last < 20) return;
    await setImmediate();
    this.last = performance.now();
  }
}
