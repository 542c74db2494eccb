/** Gives the data set's own ids dense numbers in order of first appearance. */
export class IdNumbering {
  readonly ids: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.ids.length;
    this.numbers.set(id, number);
    this.ids.push(id);
    return number;
  }

  find(id: string): number | undefined {
    return this.numbers.get(id);
  }
}
