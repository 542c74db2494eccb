interface Waiting {
  /** what it returns is handed over once it is committed */
  readonly write: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Writes handed in during one turn of the event loop, in one transaction: each commit waits for the disk, and with many calls in
 * flight many of them end together. A write is durable when its promise resolves, never before.
 */
export class GroupedWrites {
  private waiting: Waiting[] = [];

  /** @internal */
  constructor(private readonly atomically: <T>(work: () => T) => T) {}

  add<T>(write: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting = { write, resolve: resolve as Waiting['resolve'], reject };
      if (this.waiting.push(waiting) === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits what waits. When the group fails each write is tried alone, so that one that cannot be made costs no other. */
  flush(): void {
    const group = this.waiting;
    this.waiting = [];
    if (group.length === 0) return;
    try {
      const values = this.atomically(() => group.map(({ write }) => write()));
      for (const [at, { resolve }] of group.entries()) resolve(values[at]);
    } catch (cause) {
      if (group.length === 1) group[0].reject(cause);
      else for (const one of group) this.alone(one);
    }
  }

  private alone({ write, resolve, reject }: Waiting): void {
    try {
      resolve(this.atomically(write));
    } catch (cause) {
      reject(cause);
    }
  }
}
