import type { MemoryScope } from './device.js';

/** The memory taken from a device while guarded work runs, less what has been given back: what its failure would leave behind. */
export class TakenMemory<Memory extends object> {
  /** one set for each guard that is open, the innermost last */
  private readonly open: Set<Memory>[] = [];
  /** the scope that each piece belongs to */
  private readonly scopes = new WeakMap<Memory, Set<Memory>>();

  /** @param giveBack gives memory back and calls `givenBack` */
  constructor(private readonly giveBack: (memory: Memory) => void) {}

  taken(memory: Memory): void {
    this.open.at(-1)?.add(memory);
  }

  givenBack(memory: Memory): void {
    for (const taken of this.open) taken.delete(memory);
    this.scopes.get(memory)?.delete(memory);
    this.scopes.delete(memory);
  }

  /** See `Device.reclaimOnFailure`. */
  reclaimOnFailure<Result>(body: () => Result): Result {
    return this.guard(body, () => {});
  }

  /** See `Device.scope`. */
  scope(): MemoryScope {
    const held = new Set<Memory>();
    const keep = (own: ReadonlySet<Memory>): void => {
      for (const memory of own) {
        if (this.scopes.has(memory)) continue; // an inner scope's
        held.add(memory);
        this.scopes.set(memory, held);
      }
    };
    return {
      run: (body) => this.guard(body, keep),
      release: () => {
        for (const memory of [...held]) this.giveBack(memory);
      },
    };
  }

  private guard<Result>(body: () => Result, onSuccess: (own: ReadonlySet<Memory>) => void): Result {
    const own = new Set<Memory>();
    this.open.push(own);
    try {
      const result = body();
      this.open.pop();
      for (const memory of own) this.taken(memory); // the guard around this one may still fail
      onSuccess(own);
      return result;
    } catch (error) {
      this.open.pop();
      for (const memory of own) this.giveBack(memory);
      throw error;
    }
  }
}
