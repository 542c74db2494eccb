import { RandomStreams } from '@agentmmrec/core';
import { type Candidate, drawsOf, gridOf, type SearchSpace } from './ranges.js';

/** How options are chosen on validation: all of a grid, random draws, or successive halving of them. */
export const searchMethods = ['grid', 'random', 'halving'] as const;
export type SearchMethod = (typeof searchMethods)[number];

export interface SearchSetting {
  readonly method: SearchMethod;
  /** candidates of each row; a grid has as many as it has points */
  readonly trials: number;
  /** draws the candidates; the same for every row, so that no row is luckier than another */
  readonly seed: number;
  /** of a whole training */
  readonly epochs: number;
}

/** A rung of a search: what is tried with how many epochs. A grid and random draws have one. */
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

export interface Searched {
  readonly chosen: Candidate;
  readonly trials: readonly Trial[];
}

/** Of the candidates of a rung the best third goes on with three times the epochs (Jamieson and Talwalkar 2016, eta = 3). */
const ETA = 3;

/** The first rung. */
export function firstRung(space: SearchSpace, { method, trials, seed, epochs }: SearchSetting): Rung {
  if (method === 'grid') return { candidates: gridOf(space), epochs };
  const candidates = drawsOf(space, trials, new RandomStreams(seed).stream('search'));
  if (method === 'random') return { candidates, epochs };
  const rungs = Math.floor(Math.log(Math.max(1, candidates.length)) / Math.log(ETA));
  return { candidates, epochs: Math.max(1, Math.ceil(epochs / ETA ** rungs)) };
}

/** What goes on after a rung, or null when the search is over. A candidate that failed goes no further. */
export function nextRung({ epochs }: Rung, results: readonly Trial[], setting: SearchSetting): Rung | null {
  if (setting.method !== 'halving' || epochs >= setting.epochs) return null;
  const alive = ranked(results);
  if (alive.length === 0) return null;
  const candidates = alive.slice(0, Math.max(1, Math.floor(results.length / ETA))).map(({ options }) => options);
  return { candidates, epochs: Math.min(setting.epochs, epochs * ETA) };
}

/** The best of the last rung, the earlier one of equals; null when every run failed. */
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
  let rung: Rung | null = firstRung(space, setting);
  while (rung !== null) {
    runs += rung.candidates.length;
    epochs += rung.candidates.length * rung.epochs;
    const equal = rung.candidates.map((options) => ({ options, epochs: 0, validRecall20: 0 }));
    rung = nextRung(rung, equal, setting);
  }
  return { runs, epochs };
}
