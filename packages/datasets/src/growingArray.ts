type Numbers = Uint8Array | Int32Array | Float32Array | Float64Array;

/** A typed array that grows, for values read one by one. */
export class GrowingArray<T extends Numbers> {
  private values: T;
  private count = 0;

  constructor(private readonly kind: new (length: number) => T) {
    this.values = new kind(1024);
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    if (this.count === this.values.length) {
      const larger = new this.kind(2 * this.values.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = value;
  }

  /** Hands the values over, in an array of exactly their number, and is empty afterwards: millions of rows must not lie twice. */
  take(): T {
    const taken = this.values.slice(0, this.count) as T;
    this.values = new this.kind(1);
    this.count = 0;
    return taken;
  }
}
