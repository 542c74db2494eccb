import type { Dataset } from '@agentmmrec/datasets';
import { findModel } from '@agentmmrec/models';
import { callsOfRun } from './plannedCalls.js';
import type { PlannedRun } from './runSpec.js';
import type { HistoryEntry } from './runStore.js';

/** What is known of the data before anything ran. */
export interface DataSize {
  readonly users: number;
  readonly items: number;
  readonly trainInteractions: number;
  /** widths of all features together */
  readonly featureWidth: number;
  /** calls of a language model that a run makes at most */
  readonly callsOf: (run: PlannedRun) => number;
}

export interface Forecast {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** `measured`: from earlier runs of this model on this data; `guessed`: from the size alone */
  readonly basis: 'measured' | 'guessed';
}

/** The size that forecasts go by. */
export function sizeOf(dataset: Dataset): DataSize {
  const { training } = dataset;
  return {
    users: training.users,
    items: training.items,
    trainInteractions: training.train.itemIds.length,
    featureWidth: training.features.reduce((sum, { matrix }) => sum + matrix.cols, 0),
    callsOf: (run) => callsOfRun(run, dataset),
  };
}

/** Epochs until patience ends, where nothing was measured. */
const GUESSED_EPOCHS = 80;
/** Seconds an epoch, by training interaction, and by feature value of a model that reads features, one thread; and of a language model's call. */
const GUESSED_SECONDS = { interaction: 8e-6, feature: 5e-7, call: 5 };
const PROCESS_BYTES = 300 * 2 ** 20;

/** How long a run takes and how much memory it needs: the mean of earlier runs of its kind, else a guess from the size of the data. */
export function forecastOf(run: PlannedRun, history: readonly HistoryEntry[], size: DataSize): Forecast {
  const { spec } = run;
  const model = spec.recipe?.model ?? 'knowledge';
  const work = workOf(run);
  const alike = history.filter((entry) => entry.fingerprint === spec.fingerprint && entry.model === work);
  const same = alike.filter((entry) => entry.kind === spec.kind);
  const known = same.length > 0 ? same : alike;
  const nodes = size.users + size.items;
  const guess = {
    peakRssBytes:
      PROCESS_BYTES + 4 * (4 * size.items * size.featureWidth + 40 * 64 * nodes + 8 * size.trainInteractions),
  };
  if (known.length > 0) {
    const cap = spec.training.epochs;
    const seconds = known.map((one) => {
      const whole = one.epochs <= cap || one.secondsPerEpoch === null;
      return whole ? one.wallSeconds : one.wallSeconds - (one.epochs - cap) * one.secondsPerEpoch;
    });
    return {
      seconds: mean(seconds),
      peakRssBytes: Math.max(...known.map((one) => one.peakRssBytes)),
      basis: 'measured',
    };
  }
  const epochs = Math.min(spec.training.epochs, GUESSED_EPOCHS);
  const perEpoch =
    size.trainInteractions * GUESSED_SECONDS.interaction +
    (readsFeatures(model) ? size.items * size.featureWidth * GUESSED_SECONDS.feature : 0);
  const asking = GUESSED_SECONDS.call * size.callsOf(run);
  const own = spec.kind === 'knowledge' ? 0.01 * nodes : epochs * perEpoch;
  return { seconds: 3 + asking + own, ...guess, basis: 'guessed' };
}

/** What runs that take about as long have in common: the model, and the language model where one is asked. */
export function workOf({ spec: { recipe, source } }: PlannedRun): string {
  const model = recipe?.model ?? 'knowledge';
  return source === null || source.reasoner === 'extractive'
    ? model
    : [model, 'by', source.reasoner, source.llmModel].filter((part) => part !== null).join(' ');
}

function readsFeatures(model: string): boolean {
  return model !== 'knowledge' && findModel(model).needs.includes('features');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
