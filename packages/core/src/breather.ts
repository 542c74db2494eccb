import { setImmediate } from 'node:timers/promises';

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
