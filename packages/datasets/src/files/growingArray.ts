interface NumbersKind<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): T;
  new (buffer: ArrayBuffer, start: number, length: number): T;
}

type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

const firstPiece = 1024;
const largestPiece = 2 ** 18;

/**
 * A typed array that grows, for values read one by one. It grows by pieces, and their memory goes back as they are taken: tens of
 * millions of values never lie twice.
 */
export class GrowingArray<T extends Numbers> {
  private full: T[] = [];
  private piece: T;
  private used = 0;
  private before = 0;

  constructor(private readonly kind: NumbersKind<T>) {
    this.piece = this.newPiece(firstPiece);
  }

  get length(): number {
    return this.before + this.used;
  }

  push(value: number): void {
    if (this.used === this.piece.length) {
      this.full.push(this.piece);
      this.before += this.used;
      this.piece = this.newPiece(Math.min(largestPiece, 2 * this.used));
      this.used = 0;
    }
    this.piece[this.used++] = value;
  }

  /** Hands the values over in one array and is empty afterwards. */
  take(): T {
    const taken = new this.kind(this.length);
    let at = 0;
    for (const piece of [...this.full, this.piece]) {
      taken.set(piece.subarray(0, taken.length - at), at);
      at += piece.length;
      // The collector would come to it too late.
      piece.buffer.resize(0);
    }
    this.full = [];
    this.piece = this.newPiece(firstPiece);
    this.used = 0;
    this.before = 0;
    return taken;
  }

  private newPiece(length: number): T {
    const bytes = length * this.kind.BYTES_PER_ELEMENT;
    return new this.kind(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, length);
  }
}
