/** As a card's pool hands memory out (cuda/runtime/context.cu), without any: how much a run of it needs. */
export class CountedMemory {
  /** blocks in the pool, by size */
  private readonly free = new Map<number, number>();
  private usedBytes = 0;
  private pooledBytes = 0;
  private peakBytes = 0;

  take(bytes: number): void {
    const size = sizeClass(bytes);
    const kept = this.free.get(size) ?? 0;
    if (kept > 0) {
      this.free.set(size, kept - 1);
      this.pooledBytes -= size;
    }
    this.usedBytes += size;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes + this.pooledBytes);
  }

  give(bytes: number): void {
    const size = sizeClass(bytes);
    this.usedBytes -= size;
    this.pooledBytes += size;
    this.free.set(size, (this.free.get(size) ?? 0) + 1);
  }

  trim(): void {
    this.free.clear();
    this.pooledBytes = 0;
  }

  usage() {
    const { usedBytes, pooledBytes, peakBytes } = this;
    return { usedBytes, pooledBytes, peakBytes };
  }
}

/** Four sizes per power of two. */
function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(6, Math.ceil(Math.log2(bytes / 8)));
  return Math.ceil(bytes / step) * step;
}
