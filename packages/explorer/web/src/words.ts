/** Numbers and moments as people read them. */
export function decimal(value: number | null | undefined, places = 4): string {
  return value === null || value === undefined ? '–' : value.toFixed(places);
}

const grouped = new Intl.NumberFormat('en');

export function whole(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : grouped.format(Math.round(value));
}

export function percent(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`;
}

export function bytes(value: number | null): string {
  if (value === null) return '–';
  return value < 1e6
    ? `${Math.round(value / 1e3)} kB`
    : value < 1e9
      ? `${(value / 1e6).toFixed(0)} MB`
      : `${(value / 1e9).toFixed(1)} GB`;
}

/** `4 min`, `2 h 10 min`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The moment to the minute in the reader's own time. */
export function moment(atMs: number | null): string {
  if (atMs === null) return '–';
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

/** Names of graphs as people read them. */
export const graphWords: Readonly<Record<string, { readonly name: string; readonly says: string }>> = {
  bmu: { name: 'bmu', says: 'users with like preferences' },
  bmi: { name: 'bmi', says: 'items with like properties' },
  rti: { name: 'rti', says: 'the refined item graph' },
  raw: { name: 'raw', says: 'nearest by features' },
  bought: { name: 'bought', says: 'who bought what in training' },
};

/** Parts of a score as people read them. */
export const partWords: Readonly<Record<string, string>> = {
  own: 'the user and the item themselves',
  model: 'the model itself',
  bmu: 'users with like preferences (bmu)',
  bmi: 'items with like properties (bmi)',
  rti: 'the refined item graph (rti)',
  linear: 'the linear item-item part',
};

/** A term of knowledge as the extractive reasoner writes it, with its strength from 0 to 1. */
export interface Term {
  readonly term: string;
  readonly strength: number;
}

/** Terms of `walnut walnut ●●○○○○○; striped ●○○○○○○`; null for a text of another kind. */
export function termsOf(text: string): Term[] | null {
  const terms: Term[] = [];
  for (const piece of text.split('; ')) {
    const found = piece.match(/^(.*) (●+)(○*)$/);
    if (!found) return null;
    const [, words, filled, empty] = found;
    const all = words.split(' ');
    terms.push({
      // `look16n3` of image features is the fourth of 16 groups.
      term: all
        .slice(0, all.length / filled.length)
        .join(' ')
        .replace(/\blook(\d+)n(\d+)\b/g, (_, of, at) => `look ${Number(at) + 1} of ${of}`),
      strength: filled.length / (filled.length + empty.length),
    });
  }
  return terms;
}

/** `recall@20` as people read it, in every table and chart. */
export function metricLabel(name: string): string {
  return name.replace(/^recall/, 'Recall').replace(/^ndcg/, 'NDCG');
}
