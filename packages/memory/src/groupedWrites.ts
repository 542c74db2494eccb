interface Waiting {
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Writes handed in during one turn of the event loop, in one transaction: each commit waits for the disk, and with many calls in
 * flight many of them end together. A write is durable when its promise resolves, never before.
 */
export class GroupedWrites {
  private waiting: Waiting[] = [];

  /** @internal */
  constructor(private readonly atomically: (work: () => void) => void) {}

  add(write: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ write, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits what waits. When the group fails each write is tried alone, so that one that cannot be made costs no other. */
  flush(): void {
    const group = this.waiting;
    this.waiting = [];
    if (group.length === 0) return;
    try {
      this.atomically(() => {
        for (const { write } of group) write();
      });
      for (const { resolve } of group) resolve();
    } catch (cause) {
      if (group.length === 1) group[0].reject(cause);
      else for (const one of group) this.alone(one);
    }
  }

  private alone({ write, resolve, reject }: Waiting): void {
    try {
      this.atomically(write);
      resolve();
    } catch (cause) {
      reject(cause);
    }
  }
}
