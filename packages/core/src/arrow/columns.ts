import { isUtf8 } from 'node:buffer';
import { type Data, DataType, DateUnit, type Dictionary, type Table, TimeUnit } from 'apache-arrow';
import { Damage } from './flatbuffer.js';

/**
 * Checks that the columns of a table that was read hold what their types and lengths say: a typed array that is too short reads
 * as nothing, and an offset that goes astray as the text of other rows. Linear in the table's bytes.
 * @throws Damage with the column's name
 */
export function checkColumns(table: Table): void {
  for (const batch of table.batches) {
    batch.data.children.forEach((data, n) => {
      const { name } = batch.schema.fields[n];
      if (data.length !== batch.numRows)
        throw new Damage(`${data.length} rows in column "${name}" of ${batch.numRows}`);
      checkData(data, `column "${name}"`);
    });
  }
}

function checkData(data: Data, what: string): void {
  const { type, length, nullCount, nullBitmap } = data;
  if (nullCount > 0 && nullBitmap && nullBitmap.length * 8 < length) throw new Damage(`a ${what} that is cut short`);
  if (DataType.isNull(type)) return;
  if (isList(type)) {
    const [child] = data.children;
    checkOffsets(data, child.length, what);
    checkData(child, what);
  } else if (DataType.isFixedSizeList(type) || DataType.isStruct(type)) {
    const each = DataType.isFixedSizeList(type) ? type.listSize : 1;
    for (const child of data.children) {
      if (child.length < each * length) throw new Damage(`a ${what} that is cut short`);
      checkData(child, what);
    }
  } else if (DataType.isDictionary(type)) checkIndices(data, what);
  else if (isText(type)) {
    checkOffsets(data, data.values.length, what);
    const isWords = DataType.isUtf8(type) || DataType.isLargeUtf8(type);
    if (isWords && !isUtf8(data.values)) throw new Damage(`a ${what} that is not UTF-8`);
  } else if (!isUnread(type)) checkLength(data, type, what);
}

function isList(type: unknown): boolean {
  return DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type);
}

function isText(type: unknown): boolean {
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isBinary(type) || DataType.isLargeBinary(type);
}

/** Types that no reader of ours looks at. */
function isUnread(type: unknown): boolean {
  return DataType.isUnion(type) || DataType.isUtf8View(type) || DataType.isBinaryView(type);
}

/** Values of a fixed width: one element of the array each, or several. */
function checkLength({ length, values }: Data, type: DataType, what: string): void {
  const elements = values?.length ?? 0;
  const needed = DataType.isBool(type) ? Math.ceil(length / 8) : length * widthOf(type);
  if (elements < needed) throw new Damage(`a ${what} that is cut short`);
  if (isCoarseTime(type)) checkTimes(values, what);
}

/** Times in seconds or milliseconds: they are read as numbers, which hold them exactly up to a bound that no real time reaches. */
function isCoarseTime(type: DataType): boolean {
  return DataType.isTimestamp(type)
    ? type.unit <= TimeUnit.MILLISECOND
    : DataType.isDate(type) && type.unit === DateUnit.MILLISECOND;
}

function checkTimes(values: ArrayLike<unknown>, what: string): void {
  for (let n = 0; n < values.length; n++) {
    if (!Number.isSafeInteger(Number(values[n]))) throw new Damage(`a ${what} with a time that is none`);
  }
}

function widthOf(type: DataType): number {
  if (DataType.isDecimal(type)) return type.bitWidth / 32;
  return DataType.isFixedSizeBinary(type) ? type.byteWidth : 1;
}

function checkOffsets(data: Data, most: number, what: string): void {
  const { length, offset, valueOffsets } = data;
  if (length === 0) return;
  if (!valueOffsets || valueOffsets.length < length + 1) throw new Damage(`a ${what} that is cut short`);
  let before = Number(valueOffsets[0]);
  if (before < 0) throw new Damage(`a ${what} whose values lie elsewhere`);
  for (let n = 1; n <= length; n++) {
    const place = Number(valueOffsets[n]);
    if (place < before || place > most + offset) throw new Damage(`a ${what} whose values lie elsewhere`);
    before = place;
  }
}

function checkIndices(data: Data, what: string): void {
  checkLength(data, (data.type as Dictionary).indices, what);
  const known = data.dictionary?.length ?? 0;
  for (let n = 0; n < data.length; n++) {
    if (!data.getValid(n)) continue;
    const index = Number(data.values[n]);
    if (index < 0 || index >= known) throw new Damage(`a ${what} whose values lie elsewhere`);
  }
  for (const part of data.dictionary?.data ?? []) checkData(part, what);
}
