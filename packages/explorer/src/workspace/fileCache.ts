import { statSync } from 'node:fs';

/** What was read from files, kept until one of them changes. */
export class FileCache<Value> {
  private readonly values = new Map<string, { readonly stamp: string; readonly value: Value }>();

  /** @param files all that the value depends on; absent ones count as such */
  of(key: string, files: readonly string[], read: () => Value): Value {
    const stamp = files.map(stampOf).join(' ');
    const known = this.values.get(key);
    if (known?.stamp === stamp) return known.value;
    const value = read();
    this.values.set(key, { stamp, value });
    return value;
  }
}

/** Changes when the file does; `-` where there is none. */
export function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : '-';
}
