import { readdirSync, readFileSync } from 'node:fs';

/** Bytes of the data caches: first and second level of a core, last level of the socket. */
export interface Caches {
  readonly first: number;
  readonly second: number;
  readonly last: number;
  /** where the sizes are from; a guess is said to be one */
  readonly source: 'the operating system' | 'assumed: the system does not tell';
}

const assumed: Caches = { first: 2 ** 15, second: 2 ** 20, last: 2 ** 25, source: 'assumed: the system does not tell' };

/** The caches of the first processor as Linux lists them; elsewhere common sizes, marked as assumed. */
export function readCaches(folder = '/sys/devices/system/cpu/cpu0/cache'): Caches {
  const levels = new Map<number, number>();
  try {
    for (const entry of readdirSync(folder).filter((name) => /^index\d+$/.test(name))) {
      const fact = (name: string) => readFileSync(`${folder}/${entry}/${name}`, 'utf8').trim();
      if (fact('type') !== 'Instruction') levels.set(Number(fact('level')), parseCacheSize(fact('size')));
    }
  } catch {
    return assumed;
  }
  const [first, second] = [levels.get(1), levels.get(2)];
  if (!first || !second) return assumed;
  return { first, second, last: levels.get(3) ?? second, source: 'the operating system' };
}

/** `48K`, `1024K`, `32M` in bytes. */
function parseCacheSize(text: string): number {
  const match = /^(\d+)([KMG]?)$/.exec(text);
  if (!match) return Number.NaN;
  return Number(match[1]) * { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match[2] as '' | 'K' | 'M' | 'G'];
}
