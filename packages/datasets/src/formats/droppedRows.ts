import { AmrError } from '@agentmmrec/core';

/** Rows of the source that did not become interactions or items. */
export interface DroppedRows {
  readonly reason: string;
  readonly rows: number;
}

/** Counts what a reader leaves out, by reason. */
export class DropCounter {
  private readonly counts = new Map<string, number>();

  add(reason: string, rows = 1): void {
    if (rows > 0) this.counts.set(reason, (this.counts.get(reason) ?? 0) + rows);
  }

  list(): DroppedRows[] {
    return [...this.counts].map(([reason, rows]) => ({ reason, rows }));
  }

  /**
   * A few damaged rows are counted; where they are the rule, the file is not what it seems.
   * @throws AmrError input: more rows dropped than kept
   */
  refuseMostlyDamaged(path: string, kept: number): void {
    const dropped = this.list();
    const rows = dropped.reduce((sum, entry) => sum + entry.rows, 0);
    if (rows === 0 || rows <= kept) return;
    throw new AmrError({
      what: path,
      got: `${rows} unreadable rows beside ${kept} good ones: ${dropped.map((entry) => `${entry.rows} ${entry.reason}`).join(', ')}`,
      expected: 'a file of this format',
      hint: 'check that the file was copied whole and carries the right name',
    });
  }
}
