import { RandomStreams } from '@agentmmrec/core';
import { type Candidate, drawsOf, gridOf, type SearchSpace } from './ranges.js';

/** How options are chosen on validation: all of a grid, random draws, or successive halving of them. */
export const searchMethods = ['grid', 'random', 'halving'] as const;
/** And, where a table has few runs for many options, one option after the other, each with the best of those before it. */
export type SearchMethod = (typeof searchMethods)[number] | 'one-by-one';

export interface SearchSetting {
  readonly method: SearchMethod;
  /** candidates of each row in draws; a grid has as many as it has points, one by one as many as it has values */
  readonly trials: number;
  /** draws the candidates; the same for every row, so that no row is luckier than another */
  readonly seed: number;
  /** of a whole training */
  readonly epochs: number;
}

/** A rung of a search: what is tried with how many epochs. A grid and random draws have one, one by one has one for each option. */
export interface Rung {
  readonly candidates: readonly Candidate[];
  readonly epochs: number;
}

export interface Trial {
  readonly options: Candidate;
  readonly epochs: number;
  /** null: the run failed */
  readonly validRecall20: number | null;
}

/** What a search chose, and what it tried. */
export interface SearchResult {
  readonly chosen: Candidate;
  readonly trials: readonly Trial[];
}

/** Of the candidates of a rung the best third goes on with three times the epochs (Jamieson and Talwalkar 2016, eta = 3). */
const ETA = 3;

/** The first rung. */
export function firstRung(space: SearchSpace, { method, trials, seed, epochs }: SearchSetting): Rung {
  if (method === 'grid') return { candidates: gridOf(space), epochs };
  if (method === 'one-by-one') return { candidates: valuesOf(space, Object.keys(space)[0]), epochs };
  const candidates = drawsOf(space, trials, new RandomStreams(seed).stream('search'));
  if (method === 'random') return { candidates, epochs };
  const rungs = Math.floor(Math.log(Math.max(1, candidates.length)) / Math.log(ETA));
  return { candidates, epochs: Math.max(1, Math.ceil(epochs / ETA ** rungs)) };
}

/**
 * What goes on after a rung, or null when the search is over. A candidate that failed goes no further.
 * @param trials so far, those of the rung last
 */
export function nextRung(
  space: SearchSpace,
  setting: SearchSetting,
  rung: Rung,
  trials: readonly Trial[],
): Rung | null {
  if (setting.method === 'halving') return bestThird(rung, trials.slice(-rung.candidates.length), setting);
  return setting.method === 'one-by-one' ? nextOption(space, rung, trials) : null;
}

function bestThird({ epochs }: Rung, results: readonly Trial[], setting: SearchSetting): Rung | null {
  const alive = ranked(results);
  if (epochs >= setting.epochs || alive.length === 0) return null;
  const candidates = alive.slice(0, Math.max(1, Math.floor(results.length / ETA))).map(({ options }) => options);
  return { candidates, epochs: Math.min(setting.epochs, epochs * ETA) };
}

/** The values of the option after the one that the rung tried, each with the best so far. */
function nextOption(space: SearchSpace, { candidates, epochs }: Rung, trials: readonly Trial[]): Rung | null {
  const best = bestOf(trials);
  const names = Object.keys(space);
  const name = names[names.indexOf(Object.keys(candidates[0]).at(-1) ?? '') + 1];
  if (best === null || name === undefined) return null;
  return { candidates: valuesOf(space, name).map((one) => ({ ...best, ...one })), epochs };
}

function valuesOf(space: SearchSpace, name: string): Candidate[] {
  return gridOf({ [name]: space[name] });
}

/** What a search came to: of halving the best of its last rung, which alone had all epochs, else of all; null when every run failed. */
export function chosenOf({ method }: SearchSetting, rung: Rung, trials: readonly Trial[]): Candidate | null {
  return bestOf(method === 'halving' ? trials.slice(-rung.candidates.length) : trials);
}

/** A search with the options that the row has without one as a further candidate, preferred among equals. One of which no run is finished stays as it is. */
export function withOwnOptions(
  { chosen, trials }: SearchResult,
  epochs: number,
  validRecall20: number | null,
): SearchResult {
  if (bestOf(trials) === null) return { chosen, trials };
  const own: Trial = { options: {}, epochs, validRecall20 };
  const best = trials.findLast(({ options }) => options === chosen);
  return { chosen: bestOf(best ? [own, best] : [own]) ?? chosen, trials: [own, ...trials] };
}

/** The best by validation, the earlier one of equals; null when every run failed. */
export function bestOf(results: readonly Trial[]): Candidate | null {
  return ranked(results)[0]?.options ?? null;
}

function ranked(results: readonly Trial[]): Trial[] {
  return results
    .filter(({ validRecall20 }) => validRecall20 !== null)
    .toSorted((a, b) => (b.validRecall20 ?? 0) - (a.validRecall20 ?? 0));
}

/** Runs that a search makes of one row at most, and the epochs of all of them together. */
export function searchSize(space: SearchSpace, setting: SearchSetting): { runs: number; epochs: number } {
  let [runs, epochs] = [0, 0];
  const trials: Trial[] = [];
  let rung: Rung | null = firstRung(space, setting);
  while (rung !== null) {
    runs += rung.candidates.length;
    epochs += rung.candidates.length * rung.epochs;
    trials.push(...rung.candidates.map((options) => ({ options, epochs: 0, validRecall20: 0 })));
    rung = nextRung(space, setting, rung, trials);
  }
  return { runs, epochs };
}

/** `layers 2, l2 0.001`. */
export function optionWords(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
