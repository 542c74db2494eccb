import { readFileSync } from 'node:fs';
// apache-arrow reads and writes the format; what a file claims is checked before and after.
import { CompressionType, compressionRegistry, type Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { AmrError } from '../errors.js';
import { fileError, requireFile, writeFileAtomic } from '../files.js';
import { checkColumns } from './columns.js';
import { Damage } from './flatbuffer.js';
import { unpackLz4 } from './lz4.js';
import { checkMessages, isFile } from './messages.js';

/** Writes an Arrow IPC file (readable by `pyarrow.ipc.open_file`), atomically. */
export function writeArrowFile(path: string, table: Table): void {
  writeFileAtomic(path, tableToIPC(table, 'file'));
}

/** What a packed file may unpack to at most, beside twenty times its size: what is repeated packs well, and a bomb better. */
const harmlessArrowBytes = 2 ** 30;

/**
 * Reads an Arrow IPC file, or stream, plain or packed with LZ4. The table's buffers are views on the bytes read, or on what was
 * unpacked from them.
 * @throws AmrError input: missing, not Arrow, cut short, packed with zstd, damaged in places, lengths or texts, or
 * unpacking to far more than its size
 */
export function readArrowFile(path: string): Table {
  requireFile(path);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
  const damaged = (cause?: unknown) =>
    new AmrError({
      what: path,
      got: cause instanceof Damage ? cause.message : `${bytes.length} bytes that are not a whole Arrow file`,
      expected: 'a whole Arrow IPC file',
      hint: 'it was damaged or cut short; delete it and make it again',
      cause,
    });
  if (bytes.subarray(0, 4).toString('latin1') === 'FEA1') throw firstFeather(path);
  if (!isWholeArrow(bytes)) throw damaged();
  let unpacked = 0;
  const most = Math.max(harmlessArrowBytes, 20 * bytes.length);
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode(packed) {
      const plain = unpackLz4(packed, most - unpacked);
      unpacked += plain.length;
      return plain;
    },
  });
  compressionRegistry.set(CompressionType.ZSTD, {
    decode() {
      throw new AmrError({
        what: path,
        got: 'columns packed with zstd',
        expected: 'plain columns, or LZ4',
        hint: "write it again, for example with compression='uncompressed'",
      });
    },
  });
  try {
    checkMessages(bytes, most);
    const table = tableFromIPC(bytes);
    checkColumns(table);
    return table;
  } catch (cause) {
    throw cause instanceof AmrError ? cause : damaged(cause);
  }
}

/** What pandas and R wrote before 2020 is no Arrow file. */
function firstFeather(path: string): AmrError {
  return new AmrError({
    what: path,
    got: 'a Feather file of version 1',
    expected: 'an Arrow IPC file, which Feather is since version 2',
    hint: 'convert it with pyarrow: feather.write_feather(feather.read_table("OLD"), "NEW.arrow", compression="lz4")',
  });
}

/** A file stands between two marks; a stream begins each message with four set bytes and ends with an empty one. */
function isWholeArrow(bytes: Buffer): boolean {
  if (bytes.length > 22 && isFile(bytes)) return isFile(bytes.subarray(-6));
  const end = bytes.length - 8;
  return bytes.length > 16 && bytes.readUInt32LE(0) === 0xffffffff && bytes.readBigUInt64LE(end) === 0xffffffffn;
}
