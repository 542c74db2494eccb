/** The memory taken from a device while guarded work runs, less what has been given back: what its failure would leave behind. */
export class TakenMemory<Memory extends object> {
  /** one set for each guard that is open, the innermost last */
  private readonly open: Set<Memory>[] = [];

  taken(memory: Memory): void {
    this.open.at(-1)?.add(memory);
  }

  givenBack(memory: Memory): void {
    for (const taken of this.open) taken.delete(memory);
  }

  /** See `Device.reclaimOnFailure`. */
  reclaimOnFailure<Result>(body: () => Result, giveBack: (memory: Memory) => void): Result {
    const own = new Set<Memory>();
    this.open.push(own);
    try {
      const result = body();
      this.open.pop();
      for (const memory of own) this.taken(memory); // the guard around this one may still fail
      return result;
    } catch (error) {
      this.open.pop();
      for (const memory of own) giveBack(memory);
      throw error;
    }
  }
}
