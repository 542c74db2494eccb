/** The names that stand in a text; numbers beside them number its lines. */
export function namesIn(text: string, names: readonly unknown[]): readonly string[] {
  const lines = text.trim().split('\n');
  const numbered = /^\s*\d+[.)]\s+(?=\S)/;
  const bare = lines.every((line) => numbered.test(line)) ? lines.map((line) => line.replace(numbered, '')) : lines;
  const found = bare.join('\n').match(/[\p{L}]*[\s_-]?\d+/gu) ?? [];
  const lettered = found
    .map((one) => one.trim())
    .filter((one) => /^\p{L}/u.test(one) && nameIn(one, names) !== undefined);
  return lettered.length > 0 ? lettered : found;
}

/** The names of an object of places in their order: `{"1": "C4"}`, or the other way round. */
export function rankedNames(value: Readonly<Record<string, unknown>>, names: readonly unknown[]): unknown[] | null {
  const entries = Object.entries(value);
  const places = (pairs: readonly (readonly [unknown, unknown])[]) => {
    const ranks = pairs.map(([rank]) => Number(rank));
    const whole = ranks.every((rank) => Number.isSafeInteger(rank)) && new Set(ranks).size === ranks.length;
    const named = pairs.every(([, name]) => typeof name === 'string' && nameIn(name, names) !== undefined);
    if (!whole || !named || pairs.length === 0) return null;
    return [...pairs].sort(([a], [b]) => Number(a) - Number(b)).map(([, name]) => name);
  };
  return places(entries) ?? places(entries.map(([name, rank]) => [typeof rank === 'number' ? rank : Number.NaN, name]));
}

/** The names that stand as keys: those that are true, or all of them where words stand behind each. */
export function keyedNames(value: Readonly<Record<string, unknown>>, names: readonly unknown[]): unknown[] | null {
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([key]) => nameIn(key, names) !== undefined)) return null;
  if (entries.every(([, one]) => typeof one === 'boolean')) return entries.filter(([, one]) => one).map(([key]) => key);
  return entries.every(([, one]) => typeof one === 'string') ? entries.map(([key]) => key) : null;
}

/** The one name that a value means, or undefined. */
export function nameIn(value: unknown, names: readonly unknown[]): unknown {
  if (Array.isArray(value)) return value.length === 1 ? nameIn(value[0], names) : undefined;
  if (isObject(value)) {
    const texts = Object.values(value).filter((one) => typeof one === 'string');
    const all = texts.length > 0 ? texts : Object.values(value).filter((one) => typeof one === 'number');
    const keys = Object.keys(value);
    const named = only(all.map((one) => wholeNameIn(one, names))) ?? only(all.map((one) => nameIn(one, names)));
    return named ?? (keys.length === 1 ? nameIn(keys[0], names) : undefined);
  }
  return wholeNameIn(value, names) ?? (typeof value === 'string' ? onlyWordIn(value, names) : undefined);
}

/** The name that a text or number is: as such, by its number, or in front of its title. */
function wholeNameIn(value: unknown, names: readonly unknown[]): unknown {
  if (typeof value === 'number') return only(names.filter((name) => numberOf(name) === value));
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(/^["'`([{<]+|["'`)\]}>.,;:]+$/g, '');
  const alike = only(names.filter((name) => plainKey(String(name)) === plainKey(text)));
  if (alike !== undefined) return alike;
  const number = /^(?:candidate|cand|item|product|option|choice|no\.?|#)?\s*#?(\d+)$/i.exec(text);
  if (number) return only(names.filter((name) => numberOf(name) === Number(number[1])));
  const padded = /^([A-Za-z])\s?0+(\d+)$/.exec(text);
  if (padded) return only(names.filter((name) => plainKey(String(name)) === plainKey(`${padded[1]}${padded[2]}`)));
  const first = /^([A-Za-z]\s?\d+)\b\s*[:,;.)(–-]/.exec(text);
  return first ? only(names.filter((name) => plainKey(String(name)) === plainKey(first[1]))) : undefined;
}

/** The one name that stands among the words of a short text: `very strong`, `candidate C12`, `C12 blue mug`; none where something is denied. */
function onlyWordIn(text: string, names: readonly unknown[]): unknown {
  const words: readonly string[] = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length > MOST_WORDS_ABOUT || words.some((word) => DENIALS.has(word))) return undefined;
  return only(names.filter((name) => words.includes(String(name).toLowerCase())));
}

const MOST_WORDS_ABOUT = 12;
const DENIALS = new Set(['not', 'no', 'non', 'neither', 'nor', 'never', 'except', 'without', 'or', 't']);

function numberOf(name: unknown): number {
  const digits = /^[A-Za-z](\d+)$/.exec(String(name));
  return digits ? Number(digits[1]) : Number.NaN;
}

function only(found: readonly unknown[]): unknown {
  const different = [...new Set(found.filter((one) => one !== undefined))];
  return different.length === 1 ? different[0] : undefined;
}

/** A key without its case and its punctuation. */
export function plainKey(key: string): string {
  return key.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
