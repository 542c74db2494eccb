/** An Int32 list that grows, for ids read line by line. */
export class GrowingIds {
  private values = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  /** The values so far, a copy of exactly that length. */
  finish(): Int32Array {
    return this.values.slice(0, this.length);
  }
}

/** A list of times that grows; null when nothing was pushed. */
export class GrowingTimes {
  private values = new Float64Array(1024);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  finish(): Float64Array | null {
    return this.length === 0 ? null : this.values.slice(0, this.length);
  }
}

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
