/** Connected pixels (sharing a side) of a mask. */
export interface Region {
  /** pixel positions, ascending is not promised */
  readonly pixels: Int32Array;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The connected regions of the pixels where `mask` is not 0, in order of their first pixel. */
export function findRegions(mask: Uint8Array, width: number, height: number): Region[] {
  const left = mask.slice();
  const stack = new Int32Array(mask.length);
  const regions: Region[] = [];
  for (let start = 0; start < left.length; start++) {
    if (left[start] !== 0) regions.push(growRegion(left, start, stack, width, height));
  }
  return regions;
}

/** Takes the region of `start` out of `mask`. Each pixel enters `stack` once, which then holds the region. */
function growRegion(mask: Uint8Array, start: number, stack: Int32Array, width: number, height: number): Region {
  let count = 0;
  const take = (n: number) => {
    if (mask[n] === 0) return;
    mask[n] = 0;
    stack[count++] = n;
  };
  take(start);
  const box = { left: width, right: 0, top: height, bottom: 0 };
  for (let next = 0; next < count; next++) {
    const n = stack[next];
    const x = n % width;
    const y = (n - x) / width;
    if (x < box.left) box.left = x;
    if (x > box.right) box.right = x;
    if (y < box.top) box.top = y;
    if (y > box.bottom) box.bottom = y;
    if (x > 0) take(n - 1);
    if (x < width - 1) take(n + 1);
    if (y > 0) take(n - width);
    if (y < height - 1) take(n + width);
  }
  return { pixels: stack.slice(0, count), ...box };
}

/** The mask without pixels that have a side neighbour outside it; the image's border counts as outside. */
export function erode(mask: Uint8Array, width: number, height: number): Uint8Array {
  const inner = new Uint8Array(mask.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const n = y * width + x;
      if (mask[n] && mask[n - 1] && mask[n + 1] && mask[n - width] && mask[n + width]) inner[n] = 1;
    }
  }
  return inner;
}
