import { type MetricName, metricNames } from '@agentmmrec/evaluation';
import type { Metrics } from '@agentmmrec/experiments';
import type { RunDetails } from './runTypes.js';

/** One number of several runs; null where a run has none. */
export interface ComparedMetric {
  /** `valid`, `test`, `testReranked` */
  readonly stage: 'valid' | 'test' | 'testReranked';
  readonly metric: MetricName;
  readonly values: readonly (number | null)[];
  /** relative to the first run, 0.05 = five percent more */
  readonly changes: readonly (number | null)[];
  /** which runs have the highest value */
  readonly best: readonly number[];
}

/** A setting in which runs differ. */
export interface ComparedSetting {
  readonly name: string;
  readonly values: readonly string[];
}

/** Several runs side by side. */
export interface RunComparison {
  readonly metrics: readonly ComparedMetric[];
  readonly settings: readonly ComparedSetting[];
  /** what the numbers do not say, each one sentence */
  readonly remarks: readonly string[];
}

/** Runs beside each other: their metrics with the change from the first, and the settings in which they differ. */
export function compareRuns(runs: readonly RunDetails[]): RunComparison {
  const metrics = (['valid', 'test', 'testReranked'] as const).flatMap((stage) =>
    runs.some((run) => run[stage] !== null)
      ? metricNames.map((metric) =>
          compared(
            stage,
            metric,
            runs.map((run) => run[stage]),
          ),
        )
      : [],
  );
  const settings = runs.map(settingsOf);
  const names = [...new Set(settings.flatMap((one) => Object.keys(one)))].sort();
  const differing = names
    .map((name) => ({ name, values: settings.map((one) => one[name] ?? '-') }))
    .filter(({ values }) => new Set(values).size > 1);
  return { metrics, settings: differing, remarks: remarksOf(runs) };
}

function compared(
  stage: ComparedMetric['stage'],
  metric: MetricName,
  measured: readonly (Metrics | null)[],
): ComparedMetric {
  const values = measured.map((metrics) => metrics?.[metric] ?? null);
  const [first] = values;
  const highest = Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY));
  return {
    stage,
    metric,
    values,
    changes: values.map((value) => (value === null || first === null || first === 0 ? null : value / first - 1)),
    best: values.flatMap((value, run) => (value === highest ? [run] : [])),
  };
}

function settingsOf(run: RunDetails): Record<string, string> {
  const { model, data, seed, device, reasoner } = run;
  const all = { model, data, seed, device, reasoner, ...run.training, ...run.options };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value === null ? 'none' : JSON.stringify(value),
    ]),
  );
}

function remarksOf(runs: readonly RunDetails[]): string[] {
  const remarks = [
    'One number a run: whether a difference is more than chance, a study of several seeds says (agentmmrec experiment).',
  ];
  if (new Set(runs.map((run) => run.fingerprint)).size > 1) {
    remarks.push('The runs are of different data, so their numbers do not compare.');
  }
  const unfinished = runs.filter((run) => run.state !== 'finished').length;
  if (unfinished > 0) remarks.push(`${unfinished} of the runs are not finished: their validation is the best so far.`);
  return remarks;
}
