import { Damage, FlatBuffer } from './flatbuffer.js';

const magic = 'ARROW1';
/** Members of the unions of the format, by number. */
const header = { schema: 1, dictionaryBatch: 2, recordBatch: 3 };
const continuation = 0xffffffff;
/** Schemas nest no deeper. */
const deepest = 32;

/** A part of the file that a message's metadata and body take. */
interface Span {
  readonly metadata: Buffer;
  readonly body: Buffer;
}

/**
 * Checks every message of an Arrow IPC file or stream before a reader believes it: whatever the metadata say of places, lengths and
 * rows has to fit the bytes that are there, and what is packed must not grow beyond a bound.
 * @param mostBytes what all buffers may unpack to
 * @see https://arrow.apache.org/docs/format/Columnar.html, "Serialization and interprocess communication"
 * @throws Damage
 */
export function checkMessages(bytes: Buffer, mostBytes: number): void {
  let unpacked = 0;
  for (const { metadata, body } of isFile(bytes) ? fileMessages(bytes) : streamMessages(bytes)) {
    unpacked += checkMessage(metadata, body, mostBytes - unpacked);
  }
}

export function isFile(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, magic.length) === magic;
}

/** The schema of the footer, then the messages it lists. */
function fileMessages(bytes: Buffer): Span[] {
  const end = bytes.length - magic.length - 4;
  const footerBytes = bytes.readInt32LE(end);
  if (footerBytes <= 0 || footerBytes > end - 8) throw new Damage(`a footer of ${footerBytes} bytes`);
  const flat = new FlatBuffer(bytes.subarray(end - footerBytes, end));
  const root = flat.root();
  checkSchema(flat, flat.table(root, 1));
  checkPairs(flat, root, 4);
  return [2, 3].flatMap((field) => {
    const { at, length } = flat.vector(root, field, 24);
    return Array.from({ length }, (_, n) => {
      const offset = flat.count(at + 24 * n);
      const metadataBytes = flat.int32(at + 24 * n + 8);
      return spanAt(bytes, offset, metadataBytes, flat.count(at + 24 * n + 16));
    });
  });
}

function spanAt(bytes: Buffer, offset: number, metadataBytes: number, bodyBytes: number): Span {
  const bodyAt = offset + metadataBytes;
  if (metadataBytes < 8 || bodyAt + bodyBytes > bytes.length) throw new Damage('a block that lies outside the file');
  const prefix = bytes.readUInt32LE(offset) === continuation ? 8 : 4;
  const stated = bytes.readInt32LE(offset + prefix - 4);
  if (stated <= 0 || stated > metadataBytes - prefix) throw new Damage(`metadata of ${stated} bytes`);
  return {
    metadata: bytes.subarray(offset + prefix, offset + prefix + stated),
    body: bytes.subarray(bodyAt, bodyAt + bodyBytes),
  };
}

function* streamMessages(bytes: Buffer): Generator<Span> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const prefix = bytes.readUInt32LE(at) === continuation ? 8 : 4;
    const metadataBytes = bytes.readInt32LE(at + prefix - 4);
    if (metadataBytes === 0) return;
    const bodyAt = at + prefix + metadataBytes;
    if (metadataBytes < 0 || bodyAt > bytes.length) throw new Damage(`metadata of ${metadataBytes} bytes`);
    const metadata = bytes.subarray(at + prefix, bodyAt);
    const flat = new FlatBuffer(metadata);
    const length = flat.field(flat.root(), 3);
    const bodyBytes = length === 0 ? 0 : flat.count(length);
    if (bodyAt + bodyBytes > bytes.length) throw new Damage(`a body of ${bodyBytes} bytes`);
    yield { metadata, body: bytes.subarray(bodyAt, bodyAt + bodyBytes) };
    at = bodyAt + bodyBytes;
  }
}

/** @returns bytes its buffers unpack to */
function checkMessage(metadata: Buffer, body: Buffer, mostBytes: number): number {
  const flat = new FlatBuffer(metadata);
  const root = flat.root();
  checkPairs(flat, root, 4);
  const kind = flat.field(root, 1);
  const content = flat.table(root, 2);
  if (kind === 0 || content === 0) throw new Damage('a message without a kind');
  switch (flat.byte(kind)) {
    case header.schema:
      checkSchema(flat, content);
      return 0;
    case header.recordBatch:
      return checkBatch(flat, content, body, mostBytes);
    case header.dictionaryBatch:
      return checkBatch(flat, flat.table(content, 1), body, mostBytes);
    default:
      throw new Damage(`a message of kind ${flat.byte(kind)}`);
  }
}

function checkSchema(flat: FlatBuffer, schema: number): void {
  if (schema === 0) throw new Damage('no schema');
  for (const field of flat.tables(schema, 1)) checkField(flat, field, 0);
  checkPairs(flat, schema, 2);
  flat.vector(schema, 3, 8);
}

function checkField(flat: FlatBuffer, field: number, depth: number): void {
  if (depth > deepest) throw new Damage('columns that nest too deep');
  flat.vector(field, 0, 1);
  const dictionary = flat.table(field, 4);
  if (dictionary !== 0) flat.table(dictionary, 1);
  // Of a type's own fields only vectors could lead astray: names of zones, the members of a union.
  const type = flat.table(field, 3);
  const kind = flat.field(field, 2);
  const vectors: Readonly<Record<number, [number, number]>> = { 10: [1, 1], 14: [1, 4] };
  const own = kind === 0 ? undefined : vectors[flat.byte(kind)];
  if (type !== 0 && own) flat.vector(type, own[0], own[1]);
  for (const child of flat.tables(field, 5)) checkField(flat, child, depth + 1);
  checkPairs(flat, field, 6);
}

/** Custom metadata: pairs of texts. */
function checkPairs(flat: FlatBuffer, table: number, index: number): void {
  for (const pair of flat.tables(table, index)) {
    flat.vector(pair, 0, 1);
    flat.vector(pair, 1, 1);
  }
}

/** @returns bytes the buffers unpack to */
function checkBatch(flat: FlatBuffer, batch: number, body: Buffer, mostBytes: number): number {
  if (batch === 0) throw new Damage('an empty message');
  const packed = flat.table(batch, 3) !== 0;
  const buffers = flat.vector(batch, 2, 16);
  let bytes = 0;
  for (let n = 0; n < buffers.length; n++) {
    const offset = flat.count(buffers.at + 16 * n);
    const length = flat.count(buffers.at + 16 * n + 8);
    if (offset + length > body.length) throw new Damage('a buffer outside its message');
    bytes += packed && length >= 8 ? unpackedBytes(body, offset, length) : length;
    if (bytes > mostBytes) throw new Damage(`columns that unpack to more than ${mostBytes} bytes`);
  }
  // A row takes a bit of some buffer at least.
  const mostRows = 8 * Math.max(bytes, body.length);
  const rows = flat.field(batch, 0);
  if (rows !== 0 && flat.count(rows) > mostRows) throw new Damage(`${flat.count(rows)} rows in ${bytes} bytes`);
  const nodes = flat.vector(batch, 1, 16);
  for (let n = 0; n < nodes.length; n++) {
    const length = flat.count(nodes.at + 16 * n);
    const nulls = flat.count(nodes.at + 16 * n + 8);
    if (length > mostRows || nulls > length) throw new Damage(`a column of ${length} rows, ${nulls} of them empty`);
  }
  const variadic = flat.vector(batch, 4, 8);
  for (let n = 0; n < variadic.length; n++) {
    if (flat.count(variadic.at + 8 * n) > buffers.length) throw new Damage('more buffers than there are');
  }
  return bytes;
}

/** A packed buffer states its size before; -1 says that it is plain. */
function unpackedBytes(body: Buffer, offset: number, length: number): number {
  const stated = Number(body.readBigInt64LE(offset));
  if (stated < -1 || !Number.isSafeInteger(stated)) throw new Damage(`a buffer of ${stated} bytes`);
  return stated === -1 ? length - 8 : stated;
}
