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
  /** that it will train, and what it takes besides them: reading, what is asked of a reasoner, the evaluation */
  readonly epochs: number;
  readonly otherSeconds: number;
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

/** Of a kind of run: how the machine was loaded long ago says little. */
const RECENT_RUNS = 8;

/** How long a run takes and how much memory it needs: the mean of the last runs of its kind, else a guess from the size of the data. */
export function forecastOf(run: PlannedRun, history: readonly HistoryEntry[], size: DataSize): Forecast {
  const { fingerprint, kind, training } = run.spec;
  const work = workOf(run);
  const alike = history.filter((entry) => entry.fingerprint === fingerprint && entry.model === work && isWhole(entry));
  const same = alike.filter((entry) => entry.kind === kind);
  const known = same.length > 0 ? same : alike;
  return known.length > 0 ? measured(known, training.epochs) : guessed(run, size);
}

/** What went on from where another had trained to says nothing of a run from the beginning. */
function isWhole({ epochs, secondsPerEpoch }: HistoryEntry): boolean {
  return epochs === 0 || secondsPerEpoch !== null;
}

/** Runs that their last epoch ended say how long an epoch takes, and not how many there would have been. */
function measured(known: readonly HistoryEntry[], mostEpochs: number): Forecast {
  const isCut = ({ epochs, plannedEpochs = epochs + 1 }: HistoryEntry) =>
    epochs >= plannedEpochs && epochs < mostEpochs;
  const parts = orAll(known, (entry) => !isCut(entry))
    .slice(-RECENT_RUNS)
    .map((entry) => {
      const perEpoch = entry.secondsPerEpoch ?? 0;
      const otherSeconds = Math.max(0, entry.wallSeconds - entry.epochs * perEpoch);
      const epochs = Math.min(mostEpochs, isCut(entry) ? Math.max(GUESSED_EPOCHS, entry.epochs) : entry.epochs);
      return { seconds: otherSeconds + epochs * perEpoch, epochs, otherSeconds };
    });
  return {
    seconds: mean(parts.map(({ seconds }) => seconds)),
    epochs: mean(parts.map(({ epochs }) => epochs)),
    otherSeconds: mean(parts.map(({ otherSeconds }) => otherSeconds)),
    peakRssBytes: Math.max(...known.map((one) => one.peakRssBytes)),
    basis: 'measured',
  };
}

function guessed(run: PlannedRun, size: DataSize): Forecast {
  const { spec } = run;
  const nodes = size.users + size.items;
  const trains = spec.kind !== 'knowledge' && spec.recipe !== null;
  const epochs = trains ? Math.min(spec.training.epochs, GUESSED_EPOCHS) : 0;
  const perEpoch =
    size.trainInteractions * GUESSED_SECONDS.interaction +
    (trains && readsFeatures(spec.recipe.model) ? size.items * size.featureWidth * GUESSED_SECONDS.feature : 0);
  const asking = GUESSED_SECONDS.call * size.callsOf(run);
  const otherSeconds = 3 + asking + (trains ? 0 : 0.01 * nodes);
  return {
    seconds: otherSeconds + epochs * perEpoch,
    ...{ epochs, otherSeconds },
    peakRssBytes:
      PROCESS_BYTES + 4 * (4 * size.items * size.featureWidth + 40 * 64 * nodes + 8 * size.trainInteractions),
    basis: 'guessed',
  };
}

/** Those that hold, or all where none does. */
function orAll<Value>(values: readonly Value[], holds: (value: Value) => boolean): readonly Value[] {
  const found = values.filter(holds);
  return found.length > 0 ? found : values;
}

/** What runs that take about as long have in common: the model, and the language model where one is asked. */
export function workOf({ spec: { recipe, source } }: PlannedRun): string {
  const model = recipe?.model ?? 'knowledge';
  return source === null || source.reasoner === 'extractive'
    ? model
    : [model, 'by', source.reasoner, source.llmModel].filter((part) => part !== null).join(' ');
}

function readsFeatures(model: string): boolean {
  return findModel(model).needs.includes('features');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
