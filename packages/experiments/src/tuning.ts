import { type Recipe, type SharedSettings, type Study, settingsOf, type TrainedRun } from './study.js';

/** Option values to try: every combination, the first of each being tried first. */
export type Grid = Readonly<Record<string, readonly unknown[]>>;

export interface Trial {
  readonly options: Readonly<Record<string, unknown>>;
  readonly validRecall20: number;
}

export interface Tuned {
  readonly recipe: Recipe;
  readonly run: TrainedRun;
  readonly trials: readonly Trial[];
}

/** Every combination of a grid's values, the last name varying fastest. */
export function combinations(grid: Grid): Readonly<Record<string, unknown>>[] {
  return Object.entries(grid).reduce<Record<string, unknown>[]>(
    (partial, [name, values]) => partial.flatMap((options) => values.map((value) => ({ ...options, [name]: value }))),
    [{}],
  );
}

/**
 * Trains every combination of the grid with one seed and keeps the run with the highest validation Recall@20, the earlier one of
 * equals. The test split stays sealed: nothing but validation chooses.
 */
export async function tuneOnValidation(
  study: Study,
  base: Recipe,
  grid: Grid,
  seed: number,
  settings: SharedSettings = {},
): Promise<Tuned> {
  const trials: Trial[] = [];
  let best: Omit<Tuned, 'trials'> | null = null;
  for (const options of combinations(grid)) {
    const recipe = { ...base, options: { ...base.options, ...options } };
    const run = await study.train(recipe, seed, settingsOf(recipe, seed, settings));
    trials.push({ options, validRecall20: score(run) });
    const better = best === null || score(run) > score(best.run);
    (better ? best?.run : run)?.result.model.release?.();
    if (better) best = { recipe, run };
  }
  if (best === null) throw new Error('a grid has at least one combination');
  return { ...best, trials };
}

/** Tunes one option after the other, each with the best of those before it: as many runs as there are values, not their product. */
export async function tuneByOption(
  study: Study,
  base: Recipe,
  grid: Grid,
  seed: number,
  settings: SharedSettings = {},
): Promise<Tuned> {
  let best: Tuned | null = null;
  const trials: Trial[] = [];
  for (const [name, values] of Object.entries(grid)) {
    const recipe: Recipe = best?.recipe ?? base;
    const untried = values.filter((value) => best === null || recipe.options[name] !== value);
    const tuned = await tuneOnValidation(study, recipe, { [name]: untried }, seed, settings);
    trials.push(...tuned.trials);
    const better = best === null || score(tuned.run) > score(best.run);
    (better ? best : tuned)?.run.result.model.release?.();
    if (better) best = tuned;
  }
  if (best === null) throw new Error('a grid has at least one option');
  return { ...best, trials };
}

function score({ result }: TrainedRun): number {
  return result.validation?.metrics['recall@20'] ?? 0;
}

/** `layers 2, l2 0.001`. */
export function optionWords(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
