const magic = 0x184d2204;
const shortestMatch = 4;

/**
 * Unpacks one LZ4 frame, the packing that pandas gives Arrow files by default. Checksums are not compared.
 * @see LZ4 frame format 1.6 and block format, by the library's author
 * @param mostBytes the result may not be larger
 * @throws RangeError: not such a frame, damage, or a larger result
 */
export function unpackLz4(packed: Uint8Array, mostBytes: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 7 || view.getUint32(0, true) !== magic) throw new RangeError('not an LZ4 frame');
  const flags = packed[4];
  const blockChecksum = flags & 0x10 ? 4 : 0;
  const output = new Output(mostBytes);
  // Magic, two bytes of flags, the length of the content and the number of a dictionary where flagged, a checksum.
  let at = 6 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0) + 1;
  for (;;) {
    const size = view.getUint32(at, true);
    if (size === 0) return output.finish();
    const length = size & 0x7fffffff;
    const block = packed.subarray(at + 4, at + 4 + length);
    if (block.length < length) throw new RangeError('a block that is cut short');
    if (size > 0x7fffffff) output.append(block, 0, length);
    else unpackBlock(block, output);
    at += 4 + length + blockChecksum;
  }
}

/** Runs of new bytes, each followed by a piece of what was written before. */
function unpackBlock(block: Uint8Array, output: Output): void {
  let at = 0;
  const longLength = (start: number) => {
    let length = start;
    if (start < 15) return length;
    let more: number;
    do {
      more = block[at++] ?? 0;
      length += more;
    } while (more === 255);
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const fresh = longLength(token >> 4);
    output.append(block, at, fresh);
    at += fresh;
    if (at >= block.length) return;
    const distance = block[at] | (block[at + 1] << 8);
    at += 2;
    output.repeat(distance, longLength(token & 15) + shortestMatch);
  }
}

/** Bytes that grow to a bound. */
class Output {
  private bytes = new Uint8Array(2 ** 16);
  private length = 0;

  constructor(private readonly mostBytes: number) {}

  append(from: Uint8Array, start: number, length: number): void {
    if (start + length > from.length) throw new RangeError('a run that leaves its block');
    this.reserve(length);
    this.bytes.set(from.subarray(start, start + length), this.length);
    this.length += length;
  }

  /** The piece may overlap what it becomes: then it repeats itself. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.length) throw new RangeError('a match before the beginning');
    this.reserve(length);
    const { bytes } = this;
    const end = this.length + length;
    for (let n = this.length; n < end; n++) bytes[n] = bytes[n - distance];
    this.length = end;
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private reserve(length: number): void {
    const needed = this.length + length;
    if (needed > this.mostBytes) throw new RangeError(`more than ${this.mostBytes} bytes`);
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
