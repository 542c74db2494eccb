/** Bytes that are not what they should be; turned into a sentence with the path by whoever read them. */
export class Damage extends Error {}

/**
 * Bounded reading of FlatBuffers, the form of Arrow's metadata. Generated readers believe every offset and length; this one believes
 * none.
 * @see https://flatbuffers.dev/internals: tables, vtables and vectors
 */
export class FlatBuffer {
  /** tables that may still be looked at: a damaged one could name itself again and again */
  private left: number;

  constructor(private readonly bytes: Buffer) {
    this.left = bytes.length;
  }

  /** Place of the root table. */
  root(): number {
    return this.offset(0);
  }

  /** Place of a field's value in a table, or 0 where the table leaves it out. */
  field(table: number, index: number): number {
    const vtable = table - this.int32(table);
    const vtableBytes = this.uint16(vtable);
    const slot = 4 + 2 * index;
    if (slot + 2 > vtableBytes) return 0;
    const within = this.uint16(vtable + slot);
    return within === 0 ? 0 : this.inside(table + within, 1);
  }

  /** Place of the table that a field points to, or 0. */
  table(table: number, index: number): number {
    const at = this.field(table, index);
    if (this.left-- <= 0) throw new Damage('metadata that goes in circles');
    return at === 0 ? 0 : this.offset(at);
  }

  /** First place and length of a field's vector; its elements lie inside the bytes. */
  vector(table: number, index: number, elementBytes: number): { readonly at: number; readonly length: number } {
    const field = this.field(table, index);
    if (field === 0) return { at: 0, length: 0 };
    const at = this.offset(field);
    const length = this.uint32(at);
    if (length * elementBytes > this.bytes.length) throw new Damage('a list longer than its metadata');
    if (length > 0) this.inside(at + 4, length * elementBytes);
    return { at: at + 4, length };
  }

  /** Places of the tables in a field's vector. */
  tables(table: number, index: number): number[] {
    const { at, length } = this.vector(table, index, 4);
    this.left -= length;
    if (this.left <= 0 && length > 0) throw new Damage('metadata that goes in circles');
    return Array.from({ length }, (_, n) => this.offset(at + 4 * n));
  }

  byte(at: number): number {
    return this.bytes[this.inside(at, 1)];
  }

  int32(at: number): number {
    return this.bytes.readInt32LE(this.inside(at, 4));
  }

  uint16(at: number): number {
    return this.bytes.readUInt16LE(this.inside(at, 2));
  }

  uint32(at: number): number {
    return this.bytes.readUInt32LE(this.inside(at, 4));
  }

  /** @throws Damage: negative, or beyond what a number holds exactly */
  count(at: number): number {
    const value = Number(this.bytes.readBigInt64LE(this.inside(at, 8)));
    if (value < 0 || !Number.isSafeInteger(value)) throw new Damage(`a length of ${value}`);
    return value;
  }

  private offset(at: number): number {
    return this.inside(at + this.uint32(at), 4);
  }

  private inside(at: number, length: number): number {
    if (at >= 0 && at + length <= this.bytes.length) return at;
    throw new Damage('metadata that points outside itself');
  }
}
