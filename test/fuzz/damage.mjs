/** Bytes that mean something in one format or another. */
const telling = [0, 1, 9, 10, 13, 34, 39, 44, 92, 123, 125, 127, 128, 194, 239, 254, 255];

/** A copy with some bytes changed, removed, doubled or cut off. */
export function damaged(bytes, random) {
  let copy = Buffer.from(bytes);
  for (let n = 1 + random.integer(6); n > 0 && copy.length > 1; n--) {
    const at = random.integer(copy.length);
    switch (random.integer(6)) {
      case 0:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + random.integer(16)))]);
        break;
      case 1:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + 1 + random.integer(64)), copy.subarray(at)]);
        break;
      case 2:
        if (random.integer(8) === 0) copy = copy.subarray(0, at);
        break;
      default:
        copy[at] = random.integer(3) === 0 ? random.integer(256) : telling[random.integer(telling.length)];
    }
  }
  return copy;
}
